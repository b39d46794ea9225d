using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Appliances;

public sealed class ApplianceSelectorTests
{
    private static readonly Guid[] Ids = [.. Enumerable.Range(1, 6).Select(i => new Guid(i, 0, 0, new byte[8]))];
    private static readonly string[] Tags = ["north", "South", "south", "it's"];

    [Fact]
    public async Task The_database_selects_what_the_selection_matches()
    {
        await using var host = await ControllerHost.StartAsync();
        var now = TimeProvider.System.GetUtcNow();
        var appliances = Ids.Select((id, i) => new ApplianceEntity
        {
            Id = id,
            Name = $"gw-{i}",
            Tags = [.. Tags.Where((_, bit) => (i >> bit & 1) == 1)],
            Functions = i % 2 == 0 ? ApplianceFunctions.Gateway | ApplianceFunctions.Controller : ApplianceFunctions.MetricsAggregator,
            Created = now,
            Updated = now,
        }).ToList();
        await host.CatalogAsync(async catalog =>
        {
            catalog.AddRange(appliances);
            await catalog.SaveChangesAsync();
        });

        foreach (var selection in Selections().Append(new ApplianceSelection(All: true)))
        {
            var found = await host.CatalogAsync(catalog => catalog.Appliances.Selected(selection).Select(a => a.Name).Order().ToListAsync());
            Assert.Equal(appliances.Where(selection.Matches).Select(a => a.Name).Order(), found);
        }
    }

    [Fact]
    public void Every_field_that_is_wrong_is_named()
    {
        Assert.Equal(["appliances"], Wrong(null));
        Assert.Equal(["appliances"], Wrong(new ApplianceSelection()));
        Assert.Equal(["appliances"], Wrong(new ApplianceSelection(All: true, Tags: ["north"])));
        Assert.Equal(["appliances.ids"], Wrong(new ApplianceSelection(Ids: [.. Enumerable.Repeat(Ids[0], 1001)])));
        Assert.Equal(["appliances.tags[1]", "appliances.functions[0]"], Wrong(new ApplianceSelection(Tags: ["north", ""], Functions: ["Toaster", "gateway"])));
        Assert.Empty(Wrong(new ApplianceSelection(Ids: Ids, Tags: Tags, Functions: ["metrics aggregator"])));
    }

    [Fact]
    public void It_is_kept_without_repeats_and_with_functions_as_they_are_spelled()
    {
        var tidy = new ApplianceSelection(Ids: [], Tags: ["a", "b", "a"], Functions: ["PORTAL", "portal", "gateway"]).Tidy();

        Assert.Null(tidy.Ids);
        Assert.Equal(["a", "b"], tidy.Tags!);
        Assert.Equal(["Gateway", "Portal"], tidy.Functions!);
    }

    /// <summary>None, one or two of each, in all combinations.</summary>
    private static IEnumerable<ApplianceSelection> Selections() =>
        from ids in (Guid[][])[[], [Ids[5]], [Ids[0], Ids[3]]]
        from tags in (string[][])[[], ["north"], ["south", "it's"]]
        from functions in (string[][])[[], ["Portal"], ["metrics aggregator", "Controller"]]
        select new ApplianceSelection(false, ids, tags, functions);

    private static IEnumerable<string> Wrong(ApplianceSelection? selection)
    {
        var errors = new FieldErrors();
        ApplianceSelector.Check(errors, "appliances", selection);
        return errors.Refusal?.Value.Errors!.Select(error => error.Field) ?? [];
    }
}
