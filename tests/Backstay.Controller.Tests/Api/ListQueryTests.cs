using System.Net;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using CsCheck;

namespace Backstay.Controller.Tests.Api;

public sealed class ListQueryTests
{
    [Fact]
    public void A_range_that_was_written_is_read_back() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue]).Sample((a, b) =>
        {
            var (first, last) = (Math.Min(a, b), Math.Max(a, b));
            Assert.True(ListQuery.TryParseRange($"{first}-{last}", out var readFirst, out var readLast));
            Assert.Equal((first, last), (readFirst, readLast));
        });

    [Fact]
    public void Whatever_is_taken_for_a_range_begins_before_it_ends() =>
        Gen.String.Sample(text => !ListQuery.TryParseRange(text, out var first, out var last) || (first >= 0 && first <= last));

    [Theory]
    [InlineData("5")]
    [InlineData("-5")]
    [InlineData("5-")]
    [InlineData("5-4")]
    [InlineData("1 - 2")]
    [InlineData("a-b")]
    [InlineData("1-99999999999")]
    [InlineData("-1-5")]
    public void What_is_no_range_is_not_taken_for_one(string text) => Assert.False(ListQuery.TryParseRange(text, out _, out _));

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_and_say_where_they_are()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        await AddAsync(host, 4);

        var first = await ListAsync(admin, "range=0-2");
        var second = await ListAsync(admin, "range=3-10");
        var beyond = await ListAsync(admin, "range=10-20");

        Assert.Equal(["box-0", "box-1", "box-2"], first.Data.Select(a => a.Name));
        Assert.Equal(["box-3"], second.Data.Select(a => a.Name));
        Assert.Equal(("0-2/4", "3-3/4", "0-0/4"), (first.Range, second.Range, beyond.Range));
        Assert.Equal((4, 4, 4), (first.TotalCount, second.TotalCount, beyond.TotalCount));
        Assert.Equal(("name", false), (first.OrderBy, first.Descending));
    }

    [Fact]
    public async Task Lists_are_ordered_searched_and_filtered()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        await AddAsync(host, 3);

        Assert.Equal(["box-2", "box-1", "box-0"], (await ListAsync(admin, "orderBy=name&descending=true")).Data.Select(a => a.Name));
        Assert.Equal(["box-1"], (await ListAsync(admin, "query=BOX%20SITE-1")).Data.Select(a => a.Name));
        Assert.Equal(["BOX", "SITE-1"], (await ListAsync(admin, "query=BOX%20SITE-1")).Queries);
        Assert.Empty((await ListAsync(admin, "query=b_x%25")).Data);
        Assert.Equal(["box-2"], (await ListAsync(admin, "filterBy=tags:tag-2&filterBy=activated:false")).Data.Select(a => a.Name));
        Assert.Equal(3, (await ListAsync(admin, "filterBy=function:logserver")).TotalCount);
        Assert.Equal(3, (await ListAsync(admin, "query=&range=&orderBy=&descending=&filterBy=")).TotalCount);
    }

    [Theory]
    [InlineData("orderBy=password")]
    [InlineData("range=5-1")]
    [InlineData("range=abc")]
    [InlineData("descending=maybe")]
    [InlineData("filterBy=name")]
    [InlineData("filterBy=color:blue")]
    [InlineData("filterBy=activated:maybe")]
    [InlineData("filterBy=id:5")]
    [InlineData("query=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q")]
    public async Task A_parameter_that_cannot_be_met_is_named_and_not_passed_over(string query)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        var error = await (await admin.GetAsync($"/admin/appliances?{query}"))
            .AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);

        Assert.Contains(query[..query.IndexOf('=', StringComparison.Ordinal)], error.Message, StringComparison.Ordinal);
    }

    private static async Task<PagedList<Appliance>> ListAsync(HttpClient client, string query) =>
        await (await client.GetAsync($"/admin/appliances?{query}")).AssertOkAsync(AdminJson.Default.PagedListAppliance);

    private static Task AddAsync(ControllerHost host, int count) => host.CatalogAsync(async catalog =>
    {
        catalog.Appliances.AddRange(Enumerable.Range(0, count).Select(i => new ApplianceEntity
        {
            Id = Guid.NewGuid(),
            Name = $"box-{i}",
            SiteName = $"site-{i}",
            Tags = [$"tag-{i}"],
            Functions = ApplianceFunctions.LogServer,
            Created = DateTimeOffset.UnixEpoch,
            Updated = DateTimeOffset.UnixEpoch,
        }));
        await catalog.SaveChangesAsync();
    });
}
