using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Output;

/// <summary>
/// Where a command speaks. Results go to standard output and nothing else does; progress, hints, questions and errors go to
/// standard error.
/// </summary>
internal sealed class Terminal
{
    // Wide enough that no cell is ever wrapped: an id in two pieces can't be copied, nor found by grep.
    private const int TableWidth = 10_000;

    private readonly TextWriter _out;
    private readonly TextWriter _error;

    public Terminal(OutputFormat format, bool quiet)
    {
        Format = format;
        IsQuiet = quiet;
        _out = Console.Out;
        _error = Console.Error;
        ErrorConsole = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_error) });
    }

    public OutputFormat Format { get; }

    /// <summary>Without progress and hints.</summary>
    public bool IsQuiet { get; }

    /// <summary>Whether somebody is there to see a bar move.</summary>
    public static bool IsLive => !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    /// <summary>Whether somebody is there to be asked.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>For bars and colours on standard error.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>The result of the command: one value.</summary>
    public void Result<T>(T value, JsonTypeInfo<T> form, Action<T> show)
    {
        if (Format == OutputFormat.Json)
            Json(value, form);
        else
            show(value);
    }

    /// <summary>A result that is JSON whatever was asked for.</summary>
    public void Json<T>(T value, JsonTypeInfo<T> form) => WriteJson(writer => JsonSerializer.Serialize(writer, value, form));

    /// <summary>The result of the command: several values, an array in JSON.</summary>
    public void Result<T>(IReadOnlyCollection<T> values, JsonTypeInfo<T> form, Columns<T> columns)
    {
        if (Format == OutputFormat.Table)
        {
            Show(columns.Table(values));
            return;
        }

        WriteJson(writer =>
        {
            writer.WriteStartArray();
            foreach (var value in values)
                JsonSerializer.Serialize(writer, value, form);
            writer.WriteEndArray();
        });
    }

    /// <summary>Rows for people that stand in JSON in another form.</summary>
    public void Show<T>(IEnumerable<T> rows, Columns<T> columns) => Show(columns.Table(rows));

    /// <summary>An array that is written as it comes: an archive may have millions of entries.</summary>
    public async Task JsonArrayAsync<TFrom, T>(IAsyncEnumerable<TFrom> values, JsonTypeInfo<T> form, Func<TFrom, T> convert)
    {
        var first = true;
        await foreach (var value in values)
        {
            await _out.WriteAsync(first ? "[\n" : ",\n");
            await _out.WriteAsync(JsonSerializer.Serialize(convert(value), form));
            first = false;
        }

        await _out.WriteLineAsync(first ? "[]" : "\n]");
    }

    /// <summary>A line of a result for people.</summary>
    public void Line(string text) => _out.WriteLine(Human.Printable(text));

    /// <summary>Names and values, one a line; values that are null or empty are left out.</summary>
    public void Fields(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var width = 0;
        foreach (var (name, _) in fields)
            width = Math.Max(width, name.Length);
        foreach (var (name, value) in fields)
        {
            if (!string.IsNullOrEmpty(value))
                Line($"{name.PadRight(width)}  {value.ReplaceLineEndings("\n" + new string(' ', width + 2))}");
        }
    }

    /// <summary>Says what has been done or what could come next; left out for programs and with <c>--quiet</c>.</summary>
    public void Hint(string text)
    {
        if (!IsQuiet && Format == OutputFormat.Table)
            _error.WriteLine(Human.Printable(text));
    }

    /// <summary>Says that a list goes on.</summary>
    public void HintAtMore<T>(PagedList<T> list)
    {
        if (list.TotalCount > list.Data.Count)
            Hint($"{Human.Count(list.Data.Count)} of {Human.Count(list.TotalCount)}; see more with --limit N.");
    }

    /// <summary>Says what must not be missed.</summary>
    public void Warn(string text) => _error.WriteLine($"warning: {Human.Printable(text)}");

    /// <summary>A line of progress where no bar can be drawn.</summary>
    public void Progress(string text) => _error.WriteLine(Human.Printable(text));

    /// <summary>Why the command failed. In JSON it is one line, the last one on standard error.</summary>
    public void Fail(Failure failure) => _error.WriteLine(Format == OutputFormat.Json
        ? Json(writer => JsonSerializer.Serialize(writer, failure.Error, AdminJson.Default.ApiError), isIndented: false)
        : $"backstay: {Human.Printable(failure.Error.Message)}");

    /// <summary>Asks on standard error.</summary>
    public async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        await _error.WriteAsync(question);
        var answer = await Task.Run(Console.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        return answer?.Trim() ?? "";
    }

    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellationToken) =>
        await AskAsync($"{question} [y/N] ", cancellationToken) is "y" or "Y" or "yes" or "Yes";

    /// <summary>Asks without showing what is typed.</summary>
    public async Task<string> AskSecretAsync(string question, CancellationToken cancellationToken)
    {
        await _error.WriteAsync(question);
        var secret = await Task.Run(ReadSecret, CancellationToken.None).WaitAsync(cancellationToken);
        await _error.WriteLineAsync();
        return secret;
    }

    private static string ReadSecret()
    {
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        return typed.ToString();
    }

    private void Show(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_out) });
        console.Profile.Width = TableWidth;
        console.Write(table);
    }

    private void WriteJson(Action<Utf8JsonWriter> write) => _out.WriteLine(Json(write, isIndented: true));

    /// <summary>Nothing is escaped that JSON itself doesn't ask for: what is shown here is copied, a pin with a plus in it too.</summary>
    private static string Json(Action<Utf8JsonWriter> write, bool isIndented)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = isIndented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
