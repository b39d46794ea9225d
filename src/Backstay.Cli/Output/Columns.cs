using Spectre.Console;

namespace Backstay.Cli.Output;

/// <summary>How a list is laid out for people: no lines around it, so that <c>grep</c> and <c>awk</c> get along with it too.</summary>
internal sealed class Columns<T>
{
    private readonly List<(string Title, Func<T, string?> Value, bool Right, Func<T, Style>? Style)> _columns = [];

    public Columns<T> Add(string title, Func<T, string?> value, Func<T, Style>? style = null)
    {
        _columns.Add((title, value, false, style));
        return this;
    }

    /// <summary>Numbers line up on the right.</summary>
    public Columns<T> AddNumber(string title, Func<T, string?> value)
    {
        _columns.Add((title, value, true, null));
        return this;
    }

    public Table Table(IEnumerable<T> rows)
    {
        var table = new Table().NoBorder();
        table.ShowRowSeparators = false;
        foreach (var (title, _, right, _) in _columns)
        {
            var column = new TableColumn(new Text(title)) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) };
            column.Alignment = right ? Justify.Right : Justify.Left;
            table.AddColumn(column);
        }

        foreach (var row in rows)
        {
            table.AddRow(_columns.Select(column => new Text(
                Human.Printable(column.Value(row)).ReplaceLineEndings(" "),
                column.Style?.Invoke(row))));
        }

        return table;
    }
}

/// <summary>Colours that mean the same everywhere.</summary>
internal static class Styles
{
    public static Style Plain => Style.Plain;

    public static Style Good => new(Color.Green);

    public static Style Bad => new(Color.Red);

    public static Style Busy => new(Color.Yellow);
}
