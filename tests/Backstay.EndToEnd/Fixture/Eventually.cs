using System.Diagnostics;

namespace Backstay.EndToEnd.Fixture;

/// <summary>Waits for something that another process does. An error while asking counts as "not yet".</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> otherwise)
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        while (watch.Elapsed < limit)
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                last = exception;
            }

            await Task.Delay(100);
        }

        Assert.Fail(otherwise() + (last is null ? "" : $"\nlast error: {last.Message}"));
    }
}
