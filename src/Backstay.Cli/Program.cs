using System.CommandLine;
using Backstay.Cli.Commands;
using Backstay.Cli.Help;
using Backstay.Cli.Output;

var root = BackstayCommand.Create(TimeProvider.System);
var parse = root.Parse(args);
if (parse.Errors.Count > 0)
{
    // The command line can't be trusted here to say how it wants its errors, so that is looked for by hand.
    var wantsJson = args.Contains("--output=json") || args.Zip(args.Skip(1)).Contains(("--output", "json")) || args.Zip(args.Skip(1)).Contains(("-o", "json"));
    var failure = UsageError.Of(parse);
    new Terminal(wantsJson ? OutputFormat.Json : OutputFormat.Table, quiet: false).Fail(failure);
    return (int)failure.ExitCode;
}

return await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
