using Backstay.Chaos;

return await ChaosCommand.Create().Parse(args).InvokeAsync();
