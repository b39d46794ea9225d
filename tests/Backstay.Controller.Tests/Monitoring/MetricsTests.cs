using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Backstay.Controller.Backups;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Drills;
using Backstay.Controller.Tests.Objectives;
using Backstay.Controller.Tests.Verification;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

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
        Assert.Equal(0, Value(text, "backstay_schedules_missed"));
        Assert.Equal(0, Value(text, "backstay_watch_round_age_seconds"));
        Assert.Contains("backstay_events_dispatched_total", text, StringComparison.Ordinal);
        Assert.Contains("backstay_store_used_bytes", text, StringComparison.Ordinal);
        Assert.Contains("backstay_backups_waiting", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verifications_and_drills_are_counted_and_the_oldest_proof_has_its_age()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 1, 1, 12, 0, 0, TimeSpan.Zero));
        await using var site = await BackupSite.StartAsync(
            time, new() { ["Metrics:AllowedNetworks:0"] = "127.0.0.0/8" }, services: VerificationSite.Idle);
        var counted = new ConcurrentQueue<string>();
        using var listener = Listen(site.Host, counted);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeRealBackupAsync(agent);
        time.Advance(TimeSpan.FromSeconds(20));
        await site.AskAsync(agent, backup, "content");

        var before = await site.Host.Http.GetStringAsync("/metrics");
        Assert.Equal(1, Value(before, "backstay_verifications_waiting", "strength=\"content\""));
        Assert.Equal(20, Value(before, "backstay_proofs_oldest_age_seconds", "strength=\"content\""));
        Assert.Empty(Lines(before, "backstay_proofs_oldest_age_seconds", "strength=\"drill\""));

        await site.VerifyAllAsync();
        var machine = await site.AddMachineAsync();
        await site.DrillAsync(agent, backup);
        using (var passed = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.Passed))
            Assert.Equal(HttpStatusCode.NoContent, passed.StatusCode);
        await site.DrillAsync(agent, backup);
        using (var failed = await machine.ReportAsync((await machine.ClaimAsync())!, DrillOutcome.Failed))
            Assert.Equal(HttpStatusCode.NoContent, failed.StatusCode);
        time.Advance(TimeSpan.FromSeconds(30));

        var text = await site.Host.Http.GetStringAsync("/metrics");
        Assert.Equal(0, Value(text, "backstay_verifications_waiting", "strength=\"content\""));
        Assert.Equal(30, Value(text, "backstay_proofs_oldest_age_seconds", "strength=\"drill\""));

        Assert.Equal(
            [
                "backstay.verifications.ended 1 content passed",
                $"backstay.verifications.bytes {archive.Length} content",
                "backstay.verifications.duration 0 content",
                "backstay.drills.ended 1 passed",
                "backstay.verifications.ended 1 drill passed",
                $"backstay.verifications.bytes {archive.Length} drill",
                "backstay.verifications.duration 0 drill",
                "backstay.drills.ended 1 failed",
                "backstay.verifications.ended 1 drill failed",
                $"backstay.verifications.bytes {archive.Length} drill",
                "backstay.verifications.duration 0 drill",
            ],
            counted.Where(line => line.StartsWith("backstay.verif", StringComparison.Ordinal) || line.StartsWith("backstay.drills", StringComparison.Ordinal)));

        // The drill found it damaged: of a backup that had its word no proof is awaited.
        Assert.Empty(Lines(text, "backstay_proofs_oldest_age_seconds", "strength=\"content\""));
    }

    [Fact]
    public async Task A_reason_is_counted_by_the_word_that_the_api_has_for_it()
    {
        await using var site = await WatchSite.StartAsync();
        var counted = new ConcurrentQueue<string>();
        using var listener = Listen(site.Host, counted);

        site.Host.Services.GetRequiredService<BackupMetrics>().Ended(FailureReason.AgentLost, TimeSpan.FromSeconds(3));

        Assert.Contains("backstay.backups.ended 1 failure agent-lost", counted);
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

    /// <summary>
    /// What one controller counts: name, value and the values of the labels. In <c>/metrics</c> the controllers of other tests in this process
    /// would count, too.
    /// </summary>
    private static MeterListener Listen(ControllerHost host, ConcurrentQueue<string> counted)
    {
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => counted.Enqueue(LineOf(instrument, value, tags)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => counted.Enqueue(LineOf(instrument, value, tags)));
        listener.Start();
        return listener;
    }

    private static string LineOf<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        where T : struct, IFormattable =>
        string.Join(' ', [instrument.Name, value.ToString(null, CultureInfo.InvariantCulture), .. tags.ToArray().Select(tag => $"{tag.Value}")]);

    /// <summary>The value of the one sample with this name and these in its labels.</summary>
    private static double Value(string text, string name, params string[] labels) => double.Parse(
        Sample().Match(Assert.Single(Lines(text, name, labels))).Groups["value"].Value, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Lines(string text, string name, params string[] labels) => text.Split('\n').Where(line =>
        (line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
        && labels.All(label => line.Contains(label, StringComparison.Ordinal)));

    [GeneratedRegex("""^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (?<value>\S+)( \d+)?)$""")]
    private static partial Regex Sample();
}
