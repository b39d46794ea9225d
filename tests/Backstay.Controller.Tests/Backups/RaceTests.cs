using System.Net;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Backups;

public sealed class RaceTests
{
    [Fact]
    public async Task Of_two_simultaneous_requests_one_is_accepted_and_one_is_refused_a_thousand_times()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 1000; i++)
        {
            var answers = await Task.WhenAll(site.TryStartAsync(agent.ApplianceId), site.TryStartAsync(agent.ApplianceId));
            Assert.Equal([HttpStatusCode.Accepted, HttpStatusCode.PreconditionFailed], answers.Select(a => a.StatusCode).Order());
            foreach (var answer in answers)
                answer.Dispose();
            await site.Host.CatalogAsync(catalog => catalog.Backups
                .Where(b => b.State < BackupState.Succeeded)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Failed)));
        }

        Assert.Equal(1000, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync()));
    }

    [Fact]
    public async Task Of_a_thousand_simultaneous_requests_one_is_accepted_and_all_are_answered()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => site.TryStartAsync(agent.ApplianceId)));
        Assert.Equal(1, answers.Count(a => a.StatusCode == HttpStatusCode.Accepted));
        Assert.Equal(999, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
    }
}
