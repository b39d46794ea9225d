using System.Text;

namespace Backstay.Archive.Tests.Restoring;

public sealed class RestoreSelectionTests
{
    [Theory]
    [InlineData("/etc/nginx", "config/etc/nginx", true)]
    [InlineData("/etc/nginx", "config/etc/nginx/conf.d/site", true)]
    [InlineData("/etc/nginx/", "state/etc/nginx/x", true)]
    [InlineData("/etc/nginx", "config/etc/nginx-old", false)]
    [InlineData("/etc/nginx", "config/etc", false)]
    [InlineData("/", "config/etc", true)]
    [InlineData("state/databases", "state/databases/postgresql/app.dump", true)]
    [InlineData("state/databases", "config/databases/x", false)]
    [InlineData("state", "state/x", true)]
    public void A_path_selects_itself_and_what_is_below(string path, string name, bool selected)
        => Assert.Equal(selected, Selects(RestoreSelection.Parse(null, [path], [], []), name));

    [Theory]
    [InlineData("*.conf", "config/etc/a.conf", true)]
    [InlineData("*.conf", "config/etc/a.conf/in-a-folder", true)]
    [InlineData("*.conf", "config/etc/a", false)]
    [InlineData("/etc/*/sites", "config/etc/nginx/sites/one", true)]
    [InlineData("/nginx", "config/etc/nginx", false)]
    public void A_pattern_selects_what_matches_and_what_is_below(string pattern, string name, bool selected)
        => Assert.Equal(selected, Selects(RestoreSelection.Parse(null, [], [pattern], []), name));

    [Fact]
    public void An_exclude_goes_before_everything_else()
    {
        RestoreSelection selection = RestoreSelection.Parse([ArchiveSection.Config], ["/etc"], ["*.db"], ["*.tmp", "/etc/cache"]);

        Assert.True(Selects(selection, "config/etc/hosts"));
        Assert.True(Selects(selection, "config/srv/app.db"));
        Assert.False(Selects(selection, "config/etc/x.tmp"));
        Assert.False(Selects(selection, "config/etc/cache/hosts"));
        Assert.False(Selects(selection, "state/etc/hosts"));
    }

    [Theory]
    [InlineData("config/proc/self/mem")]
    [InlineData("config/dev/sda")]
    [InlineData("config/etc/.backstay-restore/new")]
    [InlineData("state/var/lib/backstay-restore/replaced/etc/shadow")]
    public void Left_overs_and_pseudo_files_are_never_selected(string name) => Assert.False(Selects(RestoreSelection.All, name));

    [Fact]
    public void Everything_that_is_wrong_is_named_at_once()
    {
        var wrong = Assert.Throws<FormatException>(() => RestoreSelection.Parse(null, ["etc/nginx", "/a/../b", ""], ["[a"], ["x\\"]));

        Assert.Equal(5, wrong.Message.Split(Environment.NewLine).Length);
    }

    private static bool Selects(RestoreSelection selection, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return selection.Selects(bytes, ArchiveSections.Of(bytes)!.Value, isDirectory: false);
    }
}
