using Backstay.Protocol.Admin;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

/// <summary>Mail leaves by way of a server that asks for TLS and a password, as nearly all do.</summary>
public sealed class MailTests
{
    [Theory]
    [InlineData("startTls")]
    [InlineData("tls")]
    public async Task A_failed_backup_is_told_of_by_mail(string security)
    {
        using var server = await MailServer.StartAsync(security: security);
        var passwordFile = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(passwordFile, MailServer.Password + "\n");
            await using var installation = await Installation.StartAsync(
                ("SSL_CERT_FILE", server.CertificateFile), ("Mail__Host", "localhost"), ("Mail__Port", $"{server.Port}"), ("Mail__Security", security),
                ("Mail__Username", MailServer.User), ("Mail__PasswordFile", passwordFile),
                ("Mail__From", "backstay@example.com"), ("Mail__To__0", "ops@example.com"));
            var source = Directory.CreateDirectory(Path.Combine(installation.Folder, "source")).FullName;
            await using var agent = await installation.AddAgentAsync(
                "box", source, state: """{ "files": ["/nowhere"], "required": true }""");

            var backup = await installation.StartBackupAsync(agent.Appliance);
            Assert.Equal(BackupResult.Failure, (await installation.EndAsync(agent.Appliance, backup)).Result);

            await Eventually.TrueAsync(
                async () => (await server.MailsAsync()).Any(mail => mail.Contains("Subject: Backstay: ", StringComparison.Ordinal)
                    && mail.Contains("box", StringComparison.Ordinal) && mail.Contains("To: ops@example.com", StringComparison.Ordinal)),
                TimeSpan.FromMinutes(1),
                () => "no mail came:\n" + installation.ControllerSaid);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }
}
