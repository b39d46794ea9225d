using System.Text;
using Backstay.Archive.Tests.Support;
using CsCheck;

namespace Backstay.Archive.Tests.Restoring;

public sealed class DiffTests
{
    [Fact]
    public void A_diff_has_the_lines_that_differ_and_three_around_them()
    {
        string before = string.Concat(Enumerable.Range(1, 30).Select(i => $"{i}\n"));
        string after = before.Replace("\n10\n", "\nten\n", StringComparison.Ordinal).Replace("\n25\n", "\n25\nmore\n", StringComparison.Ordinal);

        Assert.Equal(
            "@@ line 7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n@@ line 23 @@\n 23\n 24\n 25\n+more\n 26\n 27\n 28\n", TextDiff.Make(before, after));
    }

    [Theory]
    [InlineData("a\n", "a\n", "")]
    [InlineData("", "a\n", "@@ line 1 @@\n+a\n")]
    [InlineData("a", "a\n", "@@ line 1 @@\n-a (no end of line)\n+a\n")]
    public void Ends_count(string before, string after, string diff) => Assert.Equal(diff, TextDiff.Make(before, after));

    [Fact]
    public void The_marked_lines_make_one_text_of_the_other()
    {
        Gen<string> text = Gen.Int[0, 3].Select(i => $"{i}\n").Array[0, 12].Select(lines => string.Concat(lines));

        Gen.Select(text, text).Sample((before, after) =>
        {
            // Of short texts everything is near a change, unless nothing changes or something is farther than three lines away.
            string[] lines = TextDiff.Make(before, after).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Count(line => line.StartsWith("@@", StringComparison.Ordinal)) != 1)
                return;
            string old = string.Concat(lines.Where(line => line[0] is ' ' or '-').Select(line => $"{line[1..]}\n"));
            string @new = string.Concat(lines.Where(line => line[0] is ' ' or '+').Select(line => $"{line[1..]}\n"));
            Assert.Contains(old, before, StringComparison.Ordinal);
            Assert.Contains(@new, after, StringComparison.Ordinal);
            Assert.Equal(before.Length - old.Length, after.Length - @new.Length);
        });
    }

    [Fact]
    public void Long_texts_are_bounded()
    {
        string before = string.Concat(Enumerable.Range(0, 1_500).Select(i => $"{i}\n"));
        string after = string.Concat(Enumerable.Range(0, 1_500).Select(i => $"other {i}\n"));

        Assert.True(TextDiff.Make(before, after).Split('\n').Length <= TextDiff.MaxLines + 3);
        Assert.Contains("too many to compare", TextDiff.Make(before + before, after + after), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etc/shadow", "root:$6$x")]
    [InlineData("etc/ssl/private/server.pem", "x")]
    [InlineData("etc/ssh/ssh_host_ed25519_key", "x")]
    [InlineData("root/.ssh/id_rsa", "x")]
    [InlineData("srv/app/.env", "A=1")]
    [InlineData("srv/app/server.pem", "-----BEGIN PRIVATE KEY-----")]
    [InlineData("home/me/ring.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----")]
    [InlineData("etc/openvpn/site.conf", "dev tun\n<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n")]
    public void Secrets_are_known(string path, string content)
        => Assert.True(SecretFiles.IsSecret(Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(content)));

    [Theory]
    [InlineData("password = 5ecret")]
    [InlineData("db_password: '5ecret'")]
    [InlineData("DB_PASS=5ecret")]
    [InlineData("Server=db;Uid=sa;Pwd=5ecret;Database=shop")]
    [InlineData("requirepass 5ecret")]
    [InlineData("smtp_pass 5ecret")]
    [InlineData("bindpw 5ecret")]
    [InlineData("olcRootPW: 5ecret")]
    [InlineData("<password>5ecret</password>")]
    [InlineData("<property name=\"password\">5ecret</property>")]
    [InlineData("<add key=\"DbPassword\" value=\"5ecret\"/>")]
    [InlineData("<password>\n5ecret\n</password>")]
    [InlineData("<name>db.password</name>\n<value>5ecret</value>")]
    [InlineData("- name: DB_PASSWORD\n  value: 5ecret")]
    [InlineData("{\"name\": \"API_TOKEN\", \"value\": \"5ecret\"}")]
    [InlineData("password: |\n  first\n  5ecret")]
    [InlineData("password:\n  5ecret")]
    [InlineData("passwords:\n- a\n- 5ecret")]
    [InlineData("passwords = [\n\"5ecret\",\n]")]
    [InlineData("passwords = [ \"a\",\n\"5ecret\" ]")]
    [InlineData("password = \"\"\"\nfirst\n5ecret\n\"\"\"")]
    [InlineData("password = \"first\n5ecret\"")]
    [InlineData("password = <<EOF\nfirst\n5ecret\nEOF")]
    [InlineData("PASSWORD=first\\\n5ecret")]
    [InlineData("url=postgres://app:5ecret@db/app")]
    [InlineData("url=postgres://app:p@ss/w0rd@5ecret@db/app")]
    [InlineData("amqp://app:a/5ecret@db")]
    [InlineData("Authorization: Basic 5ecret")]
    [InlineData("header 'X-Auth' 'Bearer 5ecret'")]
    [InlineData("proxy_set_header X-Up \"Basic c2VjcmV05ecret\";")]
    [InlineData("curl -u admin:5ecret https://x")]
    [InlineData("\"auth\": \"5ecret\"")]
    [InlineData("rocommunity 5ecret")]
    [InlineData("snmp-server community 5ecret RO")]
    [InlineData("com2sec readonly default 5ecret")]
    [InlineData("DefaultEndpointsProtocol=https;AccountKey=5ecret;EndpointSuffix=x")]
    [InlineData("presharedkey = 5ecret")]
    [InlineData("PresharedKey 5ecret")]
    [InlineData("encryption_key 5ecret")]
    [InlineData("API_KEY=5ecret")]
    [InlineData("secret_key_base: 5ecret")]
    [InlineData("hash $6$abc$5ecret")]
    public void Secrets_in_texts_are_masked(string text)
    {
        string[] lines = text.Split('\n');

        string[] shown = SecretLines.Of(["port=8080", .. lines, "", "port=8081"]);

        Assert.DoesNotContain("5ecret", string.Join('\n', shown), StringComparison.Ordinal);
        Assert.Contains("***", string.Join('\n', shown), StringComparison.Ordinal);
        Assert.Equal(("port=8080", "port=8081"), (shown[0], shown[^1]));
    }

    [Theory]
    [InlineData("port=8080")]
    [InlineData("PasswordAuthentication no")]
    [InlineData("PubkeyAuthentication yes")]
    [InlineData("HostKey /etc/ssh/ssh_host_ed25519")]
    [InlineData("ssl_certificate_key /etc/nginx/shop.pem;")]
    [InlineData("proxy_pass http://backend:8080/path;")]
    [InlineData("auth required pam_unix.so")]
    [InlineData("pass in on eth0 proto tcp")]
    [InlineData("keyboard = us")]
    [InlineData("url=https://user@example.com/path")]
    [InlineData("server:\n  listen: 8080\n  name: shop")]
    [InlineData("secure:\n  password_required: true\n  listen: 8080")]
    public void What_is_no_secret_stays_readable(string text)
    {
        string[] lines = text.Split('\n');
        Assert.Equal(lines, SecretLines.Of(lines));
    }

    [Fact]
    public void A_secret_is_masked_far_from_its_name_and_where_only_one_text_calls_it_so()
    {
        string before = "password: |\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"  5ecret-{i}\n")) + "port: 1\n";
        string changed = before.Replace("5ecret-15", "5ecret-x", StringComparison.Ordinal);
        string renamed = before.Replace("password", "greeting", StringComparison.Ordinal);

        foreach (string after in new[] { changed, renamed })
        {
            string? diff = DiffMaker.Make("etc/app.yaml"u8, Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after));
            Assert.Contains("-", diff, StringComparison.Ordinal);
            Assert.DoesNotContain("5ecret", diff, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_plan_shows_what_would_change_and_no_secret()
    {
        using var scratch = new Scratch();
        string key = "-----BEGIN OPENSSH PRIVATE KEY-----\nnew-secret\n";
        scratch.Write("source/hosts", "127.0.0.1 one\n");
        scratch.Write("source/key", key);
        scratch.Write("source/binary", [0, 1, 2]);
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"]);
        string there = $"machine{scratch["source"]}";
        scratch.Write($"{there}/hosts", "127.0.0.1 two\n");
        scratch.Write($"{there}/key", "old-secret");
        scratch.Write($"{there}/binary", [3]);

        using RestorePlan plan = await Restores.PlanAsync(archive, Restores.To(scratch["machine"]) with { WithDiffs = true });

        Dictionary<string, string?> diffs = plan.Changes().Where(change => change.Kind == ArchiveEntryKind.File)
            .ToDictionary(change => Path.GetFileName(change.Path), change => change.Diff);
        Assert.Equal("@@ line 1 @@\n-127.0.0.1 two\n+127.0.0.1 one\n", diffs["hosts"]);
        Assert.Equal(SecretFiles.Masked, diffs["key"]);
        Assert.Null(diffs["binary"]);
    }
}
