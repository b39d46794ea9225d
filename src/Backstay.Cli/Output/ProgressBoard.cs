using Spectre.Console;

namespace Backstay.Cli.Output;

/// <summary>Shows several things happening at once: bars where somebody watches, lines where not, nothing when asked for quiet.</summary>
internal abstract class ProgressBoard
{
    /// <summary>Runs work with a board to report on.</summary>
    public static async Task<T> ShowAsync<T>(Terminal terminal, TimeProvider clock, Func<ProgressBoard, Task<T>> work)
    {
        if (terminal.IsQuiet)
            return await work(new SilentBoard());
        if (!Terminal.IsLive)
            return await work(new PlainBoard(terminal, clock));
        return await terminal.ErrorConsole.Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PercentageColumn(),
                new ElapsedTimeColumn())
            .StartAsync(context => work(new LiveBoard(context)));
    }

    /// <summary>A new line on the board.</summary>
    public abstract ProgressLine Add(string label);

    private sealed class SilentBoard : ProgressBoard
    {
        public override ProgressLine Add(string label) => new SilentLine();
    }

    private sealed class SilentLine : ProgressLine
    {
        public override void Report(string message, long done, long? total)
        {
        }

        public override void End(string message)
        {
        }
    }

    private sealed class PlainBoard(Terminal terminal, TimeProvider clock) : ProgressBoard
    {
        public override ProgressLine Add(string label) => new PlainLine(label, terminal, clock);
    }

    /// <summary>A log that grows by a line when the message changes, and no faster than one can read.</summary>
    private sealed class PlainLine(string label, Terminal terminal, TimeProvider clock) : ProgressLine
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

        private string? _shown;
        private long _shownAt;

        public override void Report(string message, long done, long? total)
        {
            if (message == _shown || (_shown is not null && clock.GetElapsedTime(_shownAt) < Pause))
                return;
            _shown = message;
            _shownAt = clock.GetTimestamp();
            terminal.Progress($"{label}: {message}");
        }

        public override void End(string message) => terminal.Progress($"{label}: {message}");
    }

    private sealed class LiveBoard(ProgressContext context) : ProgressBoard
    {
        public override ProgressLine Add(string label) => new LiveLine(label, context.AddTask(Markup.Escape(Human.Printable(label))));
    }

    private sealed class LiveLine(string label, ProgressTask task) : ProgressLine
    {
        public override void Report(string message, long done, long? total)
        {
            Describe(message);
            task.IsIndeterminate = total is null or 0;
            if (total is long known and > 0)
            {
                task.MaxValue = known;
                // An estimate that was too low must not look like the end.
                task.Value = Math.Min(done, known * 0.99);
            }
        }

        public override void End(string message)
        {
            Describe(message);
            task.IsIndeterminate = false;
            task.Value = task.MaxValue;
            task.StopTask();
        }

        private void Describe(string message)
        {
            var text = Human.Printable($"{label}  {message}").ReplaceLineEndings(" ");
            task.Description = Markup.Escape(text.Length > 60 ? text[..59] + "…" : text);
        }
    }
}

/// <summary>One thing on a <see cref="ProgressBoard"/>.</summary>
internal abstract class ProgressLine
{
    /// <param name="message">What is happening.</param>
    /// <param name="done">How much of <paramref name="total"/>, in any unit.</param>
    /// <param name="total">Null while nobody knows.</param>
    public abstract void Report(string message, long done, long? total);

    /// <summary>It has ended, well or badly.</summary>
    public abstract void End(string message);
}
