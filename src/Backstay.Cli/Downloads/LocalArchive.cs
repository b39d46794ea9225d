namespace Backstay.Cli.Downloads;

/// <summary>An archive on this machine's disk.</summary>
/// <param name="IsOurs">It was downloaded for the command, and goes when that is done with it.</param>
internal sealed record LocalArchive(FileInfo File, bool IsOurs)
{
    public void Remove()
    {
        if (IsOurs)
            File.Delete();
    }
}
