using System.Net;
using System.Net.Http.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>Names, on whichever database: letter case doesn't make another name, and every text can be asked for.</summary>
public sealed class NamesTests
{
    [Fact]
    public async Task A_name_in_other_letter_case_is_taken_and_finds_what_has_it()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        foreach (var name in new[] { "Zürich-2", "aachen", "BERN" })
            await (await CreateAsync(admin, name)).AssertOkAsync(AdminJson.Default.Appliance);

        await (await CreateAsync(admin, "Aachen")).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        Assert.Equal(["aachen", "BERN", "Zürich-2"], await NamesAsync(admin, "orderBy=name"));
        Assert.Equal(["BERN"], await NamesAsync(admin, "filterBy=name:bern"));
        Assert.Equal(["aachen", "Zürich-2"], await NamesAsync(admin, "query=CH"));
        Assert.Equal(["aachen"], await NamesAsync(admin, "query=TAG-AACHEN"));
        Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("ADMIN", ControllerHost.AdminPassword)).StatusCode);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("\\")]
    public async Task A_wildcard_in_a_word_is_only_a_character(string character)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();
        foreach (var name in new[] { $"with{character}it", "without-it" })
            await (await CreateAsync(admin, name)).AssertOkAsync(AdminJson.Default.Appliance);

        Assert.Equal([$"with{character}it"], await NamesAsync(admin, $"query={Uri.EscapeDataString(character)}"));
    }

    [Theory]
    [InlineData("query=a%00b")]
    [InlineData("filterBy=name:a%00b")]
    public async Task A_NUL_which_no_text_has_is_no_fault_of_the_server(string query)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.AdminAsync();

        await (await admin.GetAsync($"/admin/appliances?{query}")).AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
    }

    private static Task<HttpResponseMessage> CreateAsync(HttpClient client, string name) =>
        client.PostAsJsonAsync("/admin/appliances", new { name, tags = new[] { $"tag-{name}" } });

    private static async Task<IEnumerable<string?>> NamesAsync(HttpClient client, string query) =>
        (await (await client.GetAsync($"/admin/appliances?{query}")).AssertOkAsync(AdminJson.Default.PagedListAppliance)).Data.Select(a => a.Name);
}
