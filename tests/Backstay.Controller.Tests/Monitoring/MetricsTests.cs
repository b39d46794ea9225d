using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Backstay.Controller.Tests.Objectives;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Monitoring;

/// <summary><c>/metrics</c>, as Prometheus reads it.</summary>
public sealed partial class MetricsTests
{
    private const string Token = "a token of the monitoring";

    [Fact]
    public async Task The_figures_are_there_in_the_form_that_Prometheus_reads()
    {
        await using var site = await WatchSite.StartAsync(settings: new() { ["Metrics:AllowedNetworks:0"] = "127.0.0.0/8", ["Metrics:MaxAppliances"] = "2" });
        foreach (var name in new[] { "metrics-a", "metrics-b" })
            await site.AddBackupAsync(await site.AddApplianceAsync(name), proven: name is "metrics-a", age: TimeSpan.FromMinutes(10));
        await site.AddBackupAsync(await site.AddApplianceAsync("metrics-best"), age: TimeSpan.FromMinutes(1));
        await site.AddApplianceAsync("metrics-idle", activated: false);
        await site.RoundAsync();
        await site.TellAsync(EventKind.BackupFailed, null, "failed");
        await site.DispatchAsync();

        var text = await site.Host.Http.GetStringAsync("/metrics");

        Assert.All(text.TrimEnd().Split('\n'), line => Assert.Matches(Sample(), line));
        Assert.Equal(600, Value(text, "backstay_appliance_good_age_seconds", "appliance=\"metrics-a\""));
        Assert.Equal(600, Value(text, "backstay_appliance_proven_age_seconds", "appliance=\"metrics-a\""));
        Assert.DoesNotContain("metrics-best", text, StringComparison.Ordinal);
        Assert.DoesNotContain("metrics-idle", text, StringComparison.Ordinal);
        Assert.Equal(3, Value(text, "backstay_fleet_appliances", "state=\"protected\""));
        Assert.Equal(3, Value(text, "backstay_backups_kept", "verification=\"verified\""));
        Assert.Equal(0, Value(text, "backstay_schedules_missed", ""));
        Assert.Equal(0, Value(text, "backstay_watch_round_age_seconds", ""));
        Assert.Contains("backstay_events_dispatched_total", text, StringComparison.Ordinal);
        Assert.Contains("backstay_store_used_bytes", text, StringComparison.Ordinal);
        Assert.Contains("backstay_backups_waiting", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_option_that_says_who_may_read_them_there_is_no_such_path()
    {
        await using var site = await WatchSite.StartAsync();

        using var answer = await site.Host.Http.GetAsync("/metrics");
        await answer.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
    }

    [Fact]
    public async Task From_elsewhere_the_token_of_the_file_is_asked_for_and_a_new_one_counts_at_once()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Token + "\n");
            await using var site = await WatchSite.StartAsync(
                settings: new() { ["Metrics:AllowedNetworks:0"] = "10.0.0.0/8", ["Metrics:TokenFile"] = file });

            Assert.Equal(HttpStatusCode.OK, await StatusAsync(site, Token));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(site, null));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(site, Token + "!"));
            await File.WriteAllTextAsync(file, "another token of the monitoring");
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(site, Token));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(WatchSite site, string? token)
    {
        using var client = site.Host.NewClient(token);
        using var answer = await client.GetAsync("/metrics");
        return answer.StatusCode;
    }

    /// <summary>The value of the one sample with this name and this in its labels.</summary>
    private static double Value(string text, string name, string label)
    {
        var line = Assert.Single(text.Split('\n'), line =>
            (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            && line.Contains(label, StringComparison.Ordinal));
        return double.Parse(Sample().Match(line).Groups["value"].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("""^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (?<value>\S+)( \d+)?)$""")]
    private static partial Regex Sample();
}
