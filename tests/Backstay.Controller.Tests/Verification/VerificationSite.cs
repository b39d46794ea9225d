using System.Net;
using System.Net.Http.Json;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Backstay.Controller.Tests.Verification;

/// <summary>What tests of verification do with a site of backups.</summary>
internal static class VerificationSite
{
    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>Without the background service: the test verifies by itself.</summary>
    public static void Idle(IServiceCollection services) =>
        services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(VerificationWorker)));

    /// <summary>Queues what is due.</summary>
    public static async Task<bool> PlanAsync(this BackupSite site)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<VerificationPlan>().QueueDueAsync(Never);
    }

    public static Task<bool> VerifyNextAsync(this BackupSite site) =>
        site.Host.Services.GetRequiredService<VerificationRunner>().VerifyNextAsync(Never);

    /// <summary>As the background service does, until there is nothing to do.</summary>
    public static async Task VerifyAllAsync(this BackupSite site)
    {
        while (await site.PlanAsync())
        {
            while (await site.VerifyNextAsync())
            {
            }
        }
    }

    /// <summary>All that was asked for, planned and found, oldest first; without those of step 10.</summary>
    public static async Task<List<VerificationEntity>> ResultsAsync(this BackupSite site, VerificationStrength? strength = null) =>
        [.. (await site.Host.CatalogAsync(catalog => catalog.Verifications.AsNoTracking()
            .Where(v => strength == null || v.Strength == strength)
            .OrderBy(v => v.Requested).ThenBy(v => v.Id)
            .ToListAsync()))
            .Where(v => v.Message?.StartsWith("The stored bytes were read back", StringComparison.Ordinal) is not true)];

    public static async Task<Guid> AskAsync(this BackupSite site, RawAgent agent, Guid backup, string strength)
    {
        using var answer = await site.SendAsync(HttpMethod.Post, $"{BackupSite.Path(agent, backup)}/verify", json: new { strength });
        return (await answer.AssertOkAsync(AdminJson.Default.VerificationAccepted, HttpStatusCode.Accepted)).Id;
    }

    public static async Task<VerificationRecord> ReadAsync(this BackupSite site, Guid verification) =>
        (await site.Admin.GetFromJsonAsync($"/admin/verifications/{verification}", AdminJson.Default.VerificationRecord))!;

    /// <summary>A backup whose archive is a real one, and its bytes.</summary>
    public static async Task<(Guid Backup, byte[] Archive)> MakeRealBackupAsync(
        this BackupSite site, RawAgent agent, string passphrase = BackupSite.Passphrase)
    {
        var backup = await site.StartBackupAsync(agent);
        using var key = SessionKey.Generate();
        var archive = await SealAsync(backup, key, Envelope.Wrap(key, [passphrase], []), "a file\n"u8.ToArray());
        await agent.MakeAsync(backup, archive);
        return (backup, archive);
    }

    /// <summary>A real archive with two files.</summary>
    public static Task<byte[]> SealAsync(Guid backup, SessionKey key, byte[] envelope, byte[] content) =>
        SealAsync(backup, key, envelope, [("etc/one", content), ("etc/two", content)]);

    /// <summary>A real archive.</summary>
    public static async Task<byte[]> SealAsync(
        Guid backup, SessionKey key, byte[] envelope, IEnumerable<(string Name, byte[] Content)> files)
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var manifest = new ArchiveManifest
        {
            ApplianceName = "gw-01",
            BackupId = backup,
            AgentVersion = "1.2.3",
            Sections = [ArchiveSection.Config],
            Started = time,
            Hostname = "gw-01.example.com",
        };
        using var output = new MemoryStream();
        await using var writer = ArchiveWriter.Create(output, key, envelope, manifest, new ArchiveWriterOptions { CompressionWorkers = 1 });
        foreach (var (name, content) in files)
        {
            await writer.AddFileAsync(
                ArchiveSection.Config, name, new MemoryStream(content), content.Length, new ArchiveFileAttributes(time), Never);
        }

        await writer.FinishAsync(time, Never);
        return output.ToArray();
    }
}
