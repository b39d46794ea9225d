using Backstay.Agent.Commands;

var parsed = AgentCommand.Create(TimeProvider.System).Parse(args);
var exitCode = await parsed.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
return parsed.Errors.Count > 0 ? ExitCode.Usage : exitCode;
