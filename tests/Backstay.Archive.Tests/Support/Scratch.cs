namespace Backstay.Archive.Tests.Support;

/// <summary>A folder for one test.</summary>
internal sealed class Scratch : IDisposable
{
    public Scratch() => Folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    public string Folder { get; }

    public string this[string name] => Path.Combine(Folder, name);

    public string MakeFolder(string name) => Directory.CreateDirectory(this[name]).FullName;

    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>By rm, because .NET can't delete names that aren't UTF-8.</summary>
    public void Dispose() => System.Diagnostics.Process.Start("rm", ["-rf", Folder]).WaitForExit();
}
