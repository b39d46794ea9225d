using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace Backstay.Archive.Tests.Collecting;

public sealed class PathExcludesTests
{
    [Theory]
    [InlineData("*.tmp", "/a/b.tmp", true)]
    [InlineData("*.tmp", "/a/b.tmp/c", false)] // left out with its folder, not by itself
    [InlineData("*.tmp", "/a/b.tmpx", false)]
    [InlineData("cache/old", "/x/cache/old", true)]
    [InlineData("cache/old", "/x/cache/new/old", false)]
    [InlineData("/var/cache", "/var/cache", true)]
    [InlineData("/var/cache", "/srv/var/cache", false)]
    [InlineData("/var/cache/**", "/var/cache", false)]
    [InlineData("/var/cache/**", "/var/cache/a", true)]
    [InlineData("/var/cache/**", "/var/cache/a/b", true)]
    [InlineData("/var/**/log", "/var/log", true)]
    [InlineData("/var/**/log", "/var/a/b/log", true)]
    [InlineData("/var/**/log", "/var/a/b/logs", false)]
    [InlineData("**/x/**/y", "/x/a/x/b/y", true)]
    [InlineData("a?c", "/abc", true)]
    [InlineData("a?c", "/aäc", true)]
    [InlineData("a?c", "/ac", false)]
    [InlineData("[a-c]x[!0-9]", "/bxy", true)]
    [InlineData("[a-c]x[!0-9]", "/bx7", false)]
    [InlineData("[]]", "/]", true)]
    [InlineData("\\*", "/*", true)]
    [InlineData("\\*", "/x", false)]
    [InlineData("/a*b*c", "/aXbYbZc", true)]
    public void A_pattern_matches_what_its_documentation_says(string pattern, string path, bool expected)
        => Assert.Equal(expected, PathExcludes.Parse([pattern]).Excludes(Encoding.UTF8.GetBytes(path), isDirectory: false));

    [Fact]
    public void A_pattern_with_a_slash_at_its_end_matches_folders_alone()
    {
        var excludes = PathExcludes.Parse(["cache/"]);

        Assert.True(excludes.Excludes("/a/cache"u8, isDirectory: true));
        Assert.False(excludes.Excludes("/a/cache"u8, isDirectory: false));
    }

    [Fact]
    public void Kernel_file_systems_are_left_out_always()
    {
        Assert.True(PathExcludes.None.Excludes("/proc/1"u8, isDirectory: true));
        Assert.True(PathExcludes.None.Excludes("/data/lost+found/#12"u8, isDirectory: false));
        Assert.False(PathExcludes.None.Excludes("/proc"u8, isDirectory: true));
    }

    [Fact]
    public void Every_bad_pattern_is_named()
    {
        var refused = Assert.Throws<FormatException>(
            () => PathExcludes.Parse(["", "fine", "a//b", "../x", "a**b", "[open", "[b-a]", "lone\\", "/"]));

        foreach (string bad in new[] { "''", "'a//b'", "'../x'", "'a**b'", "'[open'", "'[b-a]'", "'lone\\'", "'/'" })
            Assert.Contains(bad, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'fine'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Matching_agrees_with_a_regular_expression()
    {
        Gen<string> component = OneOf("a", "b", "*", "a*", "*b", "?", "**", "ab", "[ab]", "*a*");
        Gen<string> pattern = Gen.Select(Gen.Bool, component.Array[1, 5], (rooted, parts) => (rooted ? "/" : "") + string.Join('/', parts));
        Gen<string> path = OneOf("a", "b", "ab", "ba", "aab", "c").Array[1, 6].Select(parts => "/" + string.Join('/', parts));

        Gen.Select(pattern, path).Sample(
            (p, name) => PathExcludes.Parse([p]).Excludes(Encoding.UTF8.GetBytes(name), isDirectory: false) == Regex.IsMatch(name, ToRegex(p)),
            iter: 20_000);
    }

    private static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static string ToRegex(string pattern)
    {
        string[] parts = pattern.TrimStart('/').Split('/');
        var regex = new StringBuilder(pattern.StartsWith('/') ? "^" : "^(/[^/]+)*");
        for (int i = 0; i < parts.Length; i++)
        {
            regex.Append(parts[i] switch
            {
                "**" when i == parts.Length - 1 => "(/[^/]+)+",
                "**" => "(/[^/]+)*",
                var part => "/" + part.Replace("*", "[^/]*", StringComparison.Ordinal).Replace("?", "[^/]", StringComparison.Ordinal),
            });
        }
        return regex.Append('$').ToString();
    }
}
