using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Tests.Agents;

/// <summary>Plays the agent API with plain HTTP, as curl could; every request can be made wrong.</summary>
internal sealed class RawAgent(HttpClient http, Guid applianceId) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly UploadSummary Summary = new([new SectionSummary("config", 3, 300, 0)], 3, 300, 0, []);

    private CancellationTokenSource _disconnect = new();
    private Channel<SseItem<string>> _events = Channel.CreateUnbounded<SseItem<string>>();
    private HttpResponseMessage? _stream;
    private Task _reading = Task.CompletedTask;

    public Guid ApplianceId => applianceId;

    public HttpClient Http => http;

    /// <summary>The process that this plays.</summary>
    public Guid Instance { get; set; } = Guid.NewGuid();

    /// <summary>Opens the event stream; the appliance is online when this returns.</summary>
    public async Task ConnectAsync()
    {
        _stream = await http.GetAsync($"/agent/v1/events?instance={Instance}", HttpCompletionOption.ResponseHeadersRead);
        _stream.EnsureSuccessStatusCode();
        var events = _events = Channel.CreateUnbounded<SseItem<string>>();
        var body = await _stream.Content.ReadAsStreamAsync();
        _disconnect.Dispose();
        var disconnect = _disconnect = new CancellationTokenSource();
        _reading = Task.Run(async () =>
        {
            try
            {
                await foreach (var item in SseParser.Create(body).EnumerateAsync(disconnect.Token))
                    events.Writer.TryWrite(item);
                events.Writer.TryComplete();
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
            {
                events.Writer.TryComplete();
            }
        });
        await NextEventAsync(AgentEvents.Ping);
    }

    /// <summary>Cuts the event stream.</summary>
    public async Task DisconnectAsync()
    {
        // Cancelled first: a stream that is disposed while it is read may fail in any way.
        await _disconnect.CancelAsync();
        await _reading;
        _stream?.Dispose();
    }

    /// <summary>The data of the next event of a type; others are skipped. Null: the stream has ended.</summary>
    public async Task<string?> NextEventAsync(string type)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await _events.Reader.WaitToReadAsync(patience.Token))
        {
            while (_events.Reader.TryRead(out var item))
            {
                if (item.EventType == type)
                    return item.Data;
            }
        }

        return null;
    }

    /// <summary>Waits until the controller has ended the event stream.</summary>
    public async Task StreamEndedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await _events.Reader.WaitToReadAsync(patience.Token))
            _events.Reader.TryRead(out _);
    }

    public Task<HttpResponseMessage> TryOpenAsync(Guid backup) =>
        http.PostAsJsonAsync(
            $"/agent/v1/backups/{backup}/session", new OpenSession(Instance, "1.2.3"), AgentJson.Default.OpenSession);

    public async Task<UploadSession> OpenAsync(Guid backup)
    {
        using var response = await TryOpenAsync(backup);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync(AgentJson.Default.UploadSession))!;
    }

    public Task<HttpResponseMessage> PutPartAsync(
        Guid backup, int attempt, int number, byte[] bytes, string? digest = null, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/agent/v1/backups/{backup}/session/{attempt}/parts/{number}")
        {
            Content = content ?? new ByteArrayContent(bytes),
        };
        digest ??= $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        if (digest.Length > 0)
            request.Content.Headers.TryAddWithoutValidation("Content-Digest", digest);
        return http.SendAsync(request);
    }

    public Task<HttpResponseMessage> RenewAsync(Guid backup, int attempt, string message = "Collecting.") =>
        http.PostAsJsonAsync(
            $"/agent/v1/backups/{backup}/session/{attempt}/lease",
            new LeaseRenewal(BackupPhase.Collecting, 10, 100, 1000, 10_000, message),
            AgentJson.Default.LeaseRenewal);

    public Task<HttpResponseMessage> CompleteAsync(
        Guid backup, int attempt, byte[] archive, int? parts = null, long? size = null, string? sha256 = null, UploadSummary? summary = null) =>
        http.PostAsJsonAsync(
            $"/agent/v1/backups/{backup}/session/{attempt}/complete",
            new CompleteUpload(
                parts ?? Split(archive).Count,
                size ?? archive.Length,
                sha256 ?? Convert.ToHexStringLower(SHA256.HashData(archive)),
                summary ?? Summary),
            AgentJson.Default.CompleteUpload);

    public Task<HttpResponseMessage> FailAsync(
        Guid backup, int attempt, FailureReason reason = FailureReason.SourceFailed, string message = "pg_dump failed.", string output = "exit code 1") =>
        http.PostAsJsonAsync(
            $"/agent/v1/backups/{backup}/session/{attempt}/fail", new FailBackup(reason, message, output), AgentJson.Default.FailBackup);

    /// <summary>Sends every part of an archive, and asserts that each is taken.</summary>
    public async Task PutAllAsync(Guid backup, int attempt, byte[] archive)
    {
        foreach (var (number, bytes) in Split(archive))
        {
            using var response = await PutPartAsync(backup, attempt, number, bytes);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }
    }

    /// <summary>The whole of an agent's work on a backup.</summary>
    public async Task MakeAsync(Guid backup, byte[] archive)
    {
        var session = await OpenAsync(backup);
        await PutAllAsync(backup, session.Attempt, archive);
        using var response = await CompleteAsync(backup, session.Attempt, archive);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    /// <summary>Cuts an archive into parts by the plan.</summary>
    public static IReadOnlyList<(int Number, byte[] Bytes)> Split(byte[] archive)
    {
        List<(int, byte[])> parts = [];
        for (var offset = 0; offset < archive.Length; offset += parts[^1].Item2.Length)
        {
            var number = parts.Count + 1;
            parts.Add((number, archive.AsSpan(offset, (int)Math.Min(PartPlan.Default.SizeOf(number), archive.Length - offset)).ToArray()));
        }

        return parts;
    }

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        _disconnect.Dispose();
    }
}
