using System.CommandLine;
using Backstay.Cli.Commands;
using Backstay.Cli.Help;
using Backstay.Cli.Output;

var root = BackstayCommand.Create(TimeProvider.System);
var parse = root.Parse(args);
var takesAnything = parse.Action is HelpWithExamples || parse.Tokens.Any(token => token.Type == System.CommandLine.Parsing.TokenType.Directive);
if (!takesAnything && UsageError.Of(parse) is { } failure)
{
    // A command line that isn't understood can't say how it wants its errors, so that is looked for by hand.
    var wantsJson = args.Contains("--output=json") || args.Zip(args.Skip(1)).Any(pair => pair is ("--output" or "-o", "json"));
    new Terminal(wantsJson ? OutputFormat.Json : OutputFormat.Table, quiet: false).Fail(failure);
    return (int)failure.ExitCode;
}

return await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
