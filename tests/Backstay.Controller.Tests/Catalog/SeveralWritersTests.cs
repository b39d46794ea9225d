using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>
/// Two controllers that write to one PostgreSQL catalog at the same moment, where on SQLite one writer would have waited for the other.
/// Each race is run often, as nobody can say which way it goes.
/// </summary>
public sealed class SeveralWritersTests : IAsyncLifetime
{
    private const int Rounds = 30;

    private readonly string _store = Directory.CreateTempSubdirectory("backstay-test-store-").FullName;
    private BackupSite _one = null!;
    private BackupSite _other = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = await (await TestPostgres.CurrentAsync()).SettingsAsync();
        settings["Storage:Folder"] = _store;
        _one = await BackupSite.StartAsync(settings: settings);
        _other = await BackupSite.StartAsync(settings: settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        Directory.Delete(_store, recursive: true);
    }

    [Fact]
    public async Task Of_two_administrators_who_disable_each_other_one_stays()
    {
        await _one.Host.CatalogAsync(catalog => catalog.LocalUsers.ExecuteUpdateAsync(set => set.SetProperty(u => u.Disabled, true)));
        using var first = await _one.Host.AdminAsync();
        using var second = await _other.Host.AdminAsync();
        var users = await _one.Host.CatalogAsync(catalog => catalog.LocalUsers.AsNoTracking().Where(u => !u.Disabled).OrderBy(u => u.Created).ToListAsync());
        var tokens = await _one.Host.CatalogAsync(catalog => catalog.Tokens.AsNoTracking().ToListAsync());
        var (me, you) = (users[0], users[1]);
        for (var round = 0; round < Rounds; round++)
        {
            var answers = await Task.WhenAll(DisableAsync(first, you), DisableAsync(second, me));
            Assert.All(answers, answer => Assert.True(answer.StatusCode < HttpStatusCode.InternalServerError, answer.StatusCode.ToString()));
            Assert.Equal(1, await _one.Host.CatalogAsync(catalog => catalog.LocalUsers.CountAsync(u => !u.Disabled)));
            await _one.Host.CatalogAsync(async catalog =>
            {
                await catalog.LocalUsers.Where(u => u.Id == me.Id || u.Id == you.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Disabled, false));
                var left = await catalog.Tokens.Select(t => t.UserId).ToListAsync();
                catalog.AddRange(tokens.Where(t => (t.UserId == me.Id || t.UserId == you.Id) && !left.Contains(t.UserId)));
                await catalog.SaveChangesAsync();
            });
        }

        static Task<HttpResponseMessage> DisableAsync(HttpClient client, LocalUserEntity user) => client.PutAsJsonAsync(
            $"/admin/local-users/{user.Id}", new { name = user.Name, roles = user.Roles, disabled = true });
    }

    [Fact]
    public async Task A_backup_that_was_accepted_is_not_lost_with_its_appliance()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var agent = await _one.AddOnlineAsync();
            await _one.Host.AddBackupAsync(agent.ApplianceId, BackupState.Failed);
            var answers = await Task.WhenAll(_one.TryStartAsync(agent.ApplianceId), _other.Admin.DeleteAsync($"/admin/appliances/{agent.ApplianceId}"));

            var accepted = answers[0].StatusCode is HttpStatusCode.Accepted;
            Assert.Equal(
                accepted
                    ? (HttpStatusCode.Accepted, HttpStatusCode.PreconditionFailed)
                    : (HttpStatusCode.NotFound, HttpStatusCode.NoContent),
                (answers[0].StatusCode, answers[1].StatusCode));
            Assert.Equal(accepted ? 1 : 0, await _one.Host.CatalogAsync(
                catalog => catalog.Backups.CountAsync(b => b.ApplianceId == agent.ApplianceId && b.State == BackupState.Pending)));
            await agent.DisconnectAsync();
        }
    }

    [Fact]
    public async Task Of_requests_to_both_for_one_appliance_one_starts_a_backup()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var agent = await _one.AddOnlineAsync();
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? _one : _other).TryStartAsync(agent.ApplianceId)));
            Assert.Equal(1, answers.Count(a => a.StatusCode is HttpStatusCode.Accepted));
            Assert.Equal(5, answers.Count(a => a.StatusCode is HttpStatusCode.PreconditionFailed));
            await agent.DisconnectAsync();
        }
    }

    [Fact]
    public async Task A_part_that_comes_to_both_is_acknowledged_by_both_and_kept_once()
    {
        var (here, there, backup) = await OpenAsync();
        for (var number = 1; number <= Rounds; number++)
        {
            var bytes = RandomNumberGenerator.GetBytes(1000);
            await Task.WhenAll(new[] { here, there }.Select(agent => SentAsync(agent, backup, number, bytes)));
        }

        Assert.Equal(Rounds, await _one.Host.CatalogAsync(catalog => catalog.Parts.CountAsync(p => p.BackupId == backup)));
    }

    /// <summary>Sends it as an agent does: again, when the store has it in other hands just then.</summary>
    private static async Task SentAsync(RawAgent agent, Guid backup, int number, byte[] bytes)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await agent.PutPartAsync(backup, 1, number, bytes);
            if (answer.StatusCode is HttpStatusCode.NoContent)
                return;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public async Task A_completion_that_comes_to_both_is_one_success_with_one_notification()
    {
        for (var round = 0; round < Rounds / 3; round++)
        {
            var (here, there, backup) = await OpenAsync(new { notifyUrl = "http://192.0.2.1/hook" });
            var archive = RandomNumberGenerator.GetBytes(10_000);
            await here.PutAllAsync(backup, 1, archive);
            var answers = await Task.WhenAll(here.CompleteAsync(backup, 1, archive), there.CompleteAsync(backup, 1, archive));

            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            Assert.Equal(BackupState.Succeeded, (await _one.RowAsync(backup))!.State);
            Assert.Equal(1, await _one.Host.CatalogAsync(catalog => catalog.Deliveries.CountAsync(d => d.BackupId == backup)));
            await here.DisconnectAsync();
        }
    }

    [Fact]
    public async Task An_end_that_both_bring_about_is_one()
    {
        for (var round = 0; round < Rounds / 3; round++)
        {
            var (here, _, backup) = await OpenAsync(new { notifyUrl = "http://192.0.2.1/hook" });
            var archive = RandomNumberGenerator.GetBytes(1000);
            await here.PutAllAsync(backup, 1, archive);
            var answers = await Task.WhenAll(
                here.CompleteAsync(backup, 1, archive),
                _other.SendAsync(HttpMethod.Delete, BackupSite.Path(here, backup), headers: headers => headers.Add("If-None-Match", "*")));

            var row = (await _one.RowAsync(backup))!;
            Assert.Equal(
                row.State is BackupState.Succeeded
                    ? (HttpStatusCode.NoContent, HttpStatusCode.PreconditionFailed)
                    : (HttpStatusCode.Conflict, HttpStatusCode.Accepted),
                (answers[0].StatusCode, answers[1].StatusCode));
            Assert.Equal(1, await _one.Host.CatalogAsync(catalog => catalog.Deliveries.CountAsync(d => d.BackupId == backup)));
            Assert.Equal(row.State is BackupState.Succeeded, File.Exists(Path.Combine(_store, "archives", $"{backup}.1.gpg")));
            await here.DisconnectAsync();
        }
    }

    /// <summary>An open session, and its agent as it talks to each of the two.</summary>
    private async Task<(RawAgent Here, RawAgent There, Guid Backup)> OpenAsync(object? body = null)
    {
        var here = await _one.AddOnlineAsync();
        var backup = await _one.StartBackupAsync(here, body);
        await here.OpenAsync(backup);
        return (here, _other.Agent(here.ApplianceId, here.Http.DefaultRequestHeaders.Authorization!.Parameter!), backup);
    }
}
