using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Xunit;

namespace Backstay.Protocol.Tests.Agent;

/// <summary>Each record of the agent API is written as an agent or controller of another version would read it.</summary>
public sealed class AgentJsonTests
{
    private static readonly Guid Id = Guid.Parse("8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1");
    private static readonly DateTimeOffset Time = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Seed() => RoundTrips(
        new Seed(1, Id, "gateway-1", ["https://one:8443", "https://two"], "token", Time, ["pin="]),
        AgentJson.Default.Seed,
        """
        {"format":1,"applianceId":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1","applianceName":"gateway-1",
         "controllers":["https://one:8443","https://two"],"token":"token","expires":"2030-01-02T03:04:05+00:00","pins":["pin="]}
        """);

    [Fact]
    public void Enrolment()
    {
        RoundTrips(
            new EnrolRequest(Id, "token", "host", "0.1.0"), AgentJson.Default.EnrolRequest,
            """{"applianceId":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1","token":"token","hostname":"host","agentVersion":"0.1.0"}""");
        RoundTrips(
            new EnrolResponse(Id, "gateway-1", "secret"), AgentJson.Default.EnrolResponse,
            """{"applianceId":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1","applianceName":"gateway-1","credential":"secret"}""");
    }

    [Fact]
    public void Health() => RoundTrips(
        new AgentHealth("0.1.0", "host", 12.5, 50, 1000, 400), AgentJson.Default.AgentHealth,
        """{"agentVersion":"0.1.0","hostname":"host","cpu":12.5,"memory":50,"diskTotal":1000,"diskFree":400}""");

    [Fact]
    public void Session()
    {
        RoundTrips(
            new OpenSession(Id, "0.1.0"), AgentJson.Default.OpenSession,
            """{"instance":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1","agentVersion":"0.1.0"}""");
        RoundTrips(
            new UploadSession(Id, Id, "gateway-1", 2, true, false, [1, 2], [3, 4], new PartPlan([new(1, 8)], 10), 4, 60, Time),
            AgentJson.Default.UploadSession,
            """
            {"backupId":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1","applianceId":"8f14e45f-ceea-467f-8c5a-27b0d5f0b4a1",
             "applianceName":"gateway-1","attempt":2,"logs":true,"audit":false,"envelope":"AQI=","sessionKey":"AwQ=",
             "partPlan":{"tiers":[{"first":1,"size":8}],"maxParts":10,"capacity":80},"parallelParts":4,"leaseSeconds":60,
             "deadline":"2030-01-02T03:04:05+00:00"}
            """);
    }

    [Fact]
    public void The_ways_a_backup_goes_on_and_ends()
    {
        RoundTrips(
            new LeaseRenewal(BackupPhase.Collecting, 1, null, 2, 3, "Collecting"), AgentJson.Default.LeaseRenewal,
            """{"phase":"collecting","files":1,"bytes":2,"bytesTotal":3,"message":"Collecting"}""");
        RoundTrips(
            new CompleteUpload(3, 100, "ab", new UploadSummary([new("config", 1, 2, 3)], 1, 2, 3, ["gone"])),
            AgentJson.Default.CompleteUpload,
            """
            {"parts":3,"size":100,"sha256":"ab","summary":{"sections":[{"name":"config","files":1,"bytes":2,"warnings":3}],
             "files":1,"bytes":2,"warnings":3,"firstWarnings":["gone"]}}
            """);
        RoundTrips(
            new FailBackup(FailureReason.SourceFailed, "short", "long"), AgentJson.Default.FailBackup,
            """{"reason":"source-failed","message":"short","output":"long"}""");
    }

    [Theory]
    [InlineData("""{"phase":1,"files":1,"bytes":2,"message":""}""")]
    [InlineData("""{"phase":"sleeping","files":1,"bytes":2,"message":""}""")]
    [InlineData("""{"phase":"collecting","files":"1","bytes":2,"message":""}""")]
    public void Words_and_numbers_are_not_guessed(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, AgentJson.Default.LeaseRenewal));

    private static void RoundTrips<T>(T value, JsonTypeInfo<T> type, string json)
    {
        var written = JsonSerializer.SerializeToNode(value, type);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), written), $"written as {written!.ToJsonString()}");
        var read = JsonSerializer.Deserialize(json, type);
        Assert.True(JsonNode.DeepEquals(written, JsonSerializer.SerializeToNode(read!, type)));
    }
}
