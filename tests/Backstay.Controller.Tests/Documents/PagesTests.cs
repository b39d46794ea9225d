using System.Reflection;
using System.Text.RegularExpressions;
using Backstay.Controller.Hosting;

namespace Backstay.Controller.Tests.Documents;

/// <summary>The pages that come with the program: README.md and docs.</summary>
public sealed partial class PagesTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_option_of_the_controller_is_on_a_page()
    {
        var text = string.Concat(Pages("docs", SearchOption.TopDirectoryOnly).Select(File.ReadAllText));
        var options =
            (from type in typeof(ListenOptions).Assembly.GetTypes()
             where type.Name.EndsWith("Options", StringComparison.Ordinal)
             let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string
             where section is not null
             from property in type.GetProperties()
             where property.CanWrite
             select $"{section}:{property.Name}").ToList();
        Assert.True(options.Count > 80, $"{options.Count} options found");
        Assert.All(options, option => Assert.True(Regex.IsMatch(text, $@"{Regex.Escape(option)}\b"), option));
        Assert.All(["BACKSTAY_ADMIN_PASSWORD", "BACKSTAY_PASSPHRASE"], variable => Assert.Contains(variable, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_within_the_pages_leads_somewhere()
    {
        var links =
            (from page in Pages("docs", SearchOption.AllDirectories).Append(Path.Combine(Root, "README.md"))
             from Match link in Link().Matches(Code().Replace(File.ReadAllText(page), ""))
             let target = link.Groups[1].Value
             where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
             select (Page: page, Target: target)).ToList();
        Assert.True(links.Count > 100, $"{links.Count} links found");
        Assert.Empty(links.Where(link => !Leads(link.Page, link.Target)).Select(link => $"{Path.GetRelativePath(Root, link.Page)}: {link.Target}"));
    }

    private static bool Leads(string page, string target)
    {
        var parts = target.Split('#', 2);
        var file = parts[0] is "" ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
        return parts.Length == 1
            ? Path.Exists(file)
            : File.Exists(file) && Anchors(File.ReadAllText(file)).Contains(parts[1]);
    }

    /// <summary>As GitHub makes them: the words of the heading in lower case, joined by hyphens; said again, with a number.</summary>
    private static HashSet<string> Anchors(string text)
    {
        HashSet<string> anchors = [];
        foreach (Match heading in Heading().Matches(Fence().Replace(text, "")))
        {
            var words = Linked().Replace(heading.Groups[1].Value, "$1").Trim();
            var anchor = NoPartOfAnAnchor().Replace(words.ToLowerInvariant(), "").Replace(' ', '-');
            var unique = anchor;
            for (var number = 1; !anchors.Add(unique); number++)
                unique = $"{anchor}-{number}";
        }

        return anchors;
    }

    private static IEnumerable<string> Pages(string folder, SearchOption depth) => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", depth);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Backstay.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests don't lie in the repository.");
        return folder;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    /// <summary>What is between backticks, of any number, links to nothing.</summary>
    [GeneratedRegex("(`+)(?!`).*?(?<!`)\\1(?!`)", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Linked();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoPartOfAnAnchor();
}
