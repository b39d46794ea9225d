namespace Backstay.Controller.Storage;

/// <summary>What the file system says, in the vocabulary of stores.</summary>
internal static class FileFaults
{
    public static void Guarded(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Translated(what, exception);
        }
    }

    public static ArchiveStoreException Translated(string what, Exception exception)
    {
        // On Linux the HResult of an IOException is the error number: ENOSPC, EDQUOT.
        var fault = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => StoreFault.Missing,
            { HResult: 28 or 122 } => StoreFault.Full,
            _ => StoreFault.Unavailable,
        };
        return new ArchiveStoreException(fault, $"Can't {what}: {exception.Message}", exception);
    }
}
