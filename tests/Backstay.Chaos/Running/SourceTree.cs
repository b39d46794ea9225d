using System.Security.Cryptography;
using Backstay.Chaos.Matrix;

namespace Backstay.Chaos.Running;

/// <summary>What an agent backs up. Every round marks it anew, so that no archive can pass for another.</summary>
internal sealed class SourceTree
{
    private const string MarkFile = "mark";
    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    private SourceTree(string folder) => Folder = folder;

    public string Folder { get; }

    /// <param name="sizes">Bytes of each file; they don't compress.</param>
    public static SourceTree Make(string folder, IReadOnlyList<int> sizes, Chance chance)
    {
        var tree = new SourceTree(folder);
        for (var i = 0; i < sizes.Count; i++)
        {
            var name = i % 3 == 0 ? $"file {i}" : $"folder-{i % 7}/ünï-{i}.bin";
            tree.Write(name, chance.Bytes(sizes[i]));
        }

        Directory.CreateDirectory(Path.Combine(folder, "empty"));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), "file 0");
        return tree;
    }

    /// <summary>Between backups only.</summary>
    public void Mark(string text) => Write(MarkFile, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>What differs between this tree and one that was restored; empty when nothing does.</summary>
    public IEnumerable<string> DifferencesTo(string restored)
    {
        var found = Directory.Exists(restored)
            ? Directory.EnumerateFiles(restored, "*", SearchOption.AllDirectories)
                .Where(file => File.ResolveLinkTarget(file, returnFinalTarget: false) is null)
                .ToDictionary(file => Path.GetRelativePath(restored, file), StringComparer.Ordinal)
            : [];
        foreach (var (name, digest) in _digests)
        {
            if (!found.Remove(name, out var file))
                yield return $"{name} is missing";
            else if (Digest(File.ReadAllBytes(file)) != digest)
                yield return $"{name} has other bytes";
        }

        foreach (var name in found.Keys)
            yield return $"{name} should not be there";
        if (File.ResolveLinkTarget(Path.Combine(restored, "link"), returnFinalTarget: false) is null)
            yield return "link is no symbolic link";
    }

    private void Write(string name, byte[] content)
    {
        var file = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
        _digests[name] = Digest(content);
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
