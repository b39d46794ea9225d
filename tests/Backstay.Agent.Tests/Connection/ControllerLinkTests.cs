using System.Threading.Channels;
using Backstay.Agent.Connection;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Backstay.Agent.Tests.Connection;

public sealed class ControllerLinkTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
    private readonly Guid _instance = Guid.NewGuid();
    private TestController _controller = null!;

    public async ValueTask InitializeAsync() => _controller = await TestController.StartAsync();

    public ValueTask DisposeAsync() => _controller.DisposeAsync();

    [Fact]
    public async Task Hints_are_handed_on_and_unknown_ones_passed_over()
    {
        var backup = Guid.NewGuid();
        await using var link = Connect(TimeProvider.System);
        _controller.Send(AgentEvents.Ping);
        _controller.Send("news", "of a later version");
        _controller.Send(AgentEvents.Backup, "not an id");
        _controller.Send(AgentEvents.Backup, backup.ToString());
        _controller.Send(AgentEvents.Cancel, backup.ToString());

        Assert.Equal($"backup {backup}", await HearAsync());
        Assert.Equal($"cancel {backup}", await HearAsync());
        Assert.Contains($"GET events", _controller.Calls);
    }

    [Fact]
    public async Task The_health_of_the_machine_is_told_when_the_stream_opens()
    {
        await using var link = Connect(TimeProvider.System);
        while (_controller.Health.IsEmpty)
            await Task.Delay(20);

        var health = _controller.Health.First();
        Assert.Equal(Environment.MachineName, health.Hostname);
        Assert.InRange(health.Cpu, 0, 100);
        Assert.InRange(health.Memory, 0.1, 100);
        Assert.InRange(health.DiskFree, 1, health.DiskTotal);
    }

    [Fact]
    public async Task A_stream_that_ends_is_opened_again()
    {
        await using var link = Connect(TimeProvider.System);
        _controller.Send(AgentEvents.Ping);
        _controller.EndEvents();
        var backup = Guid.NewGuid();
        _controller.Send(AgentEvents.Backup, backup.ToString());

        Assert.Equal($"backup {backup}", await HearAsync());
        Assert.Equal(2, _controller.Calls.Count(call => call == "GET events"));
    }

    [Fact]
    public async Task A_stream_that_is_silent_for_three_pings_is_taken_for_dead()
    {
        var time = new FakeTimeProvider();
        await using var link = Connect(time);
        _controller.Send(AgentEvents.Backup, Guid.NewGuid().ToString());
        await HearAsync();

        time.Advance(AgentClientEvents.Silence - TimeSpan.FromSeconds(1));
        Assert.Equal(1, _controller.Calls.Count(call => call == "GET events"));

        // The connection is given up, and after a pause there is another.
        while (_controller.Calls.Count(call => call == "GET events") < 2)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task A_credential_that_was_revoked_ends_the_agent()
    {
        _controller.Before = async (context, _) =>
        {
            await TestController.RefuseAsync(context, 401, ErrorIds.Unauthorized);
            return true;
        };
        var link = Connect(TimeProvider.System);

        await Assert.ThrowsAsync<CredentialRevokedException>(() => link.Running.WaitAsync(Soon));
    }

    private async Task<string> HearAsync()
    {
        using var soon = new CancellationTokenSource(Soon);
        return await _heard.Reader.ReadAsync(soon.Token);
    }

    private RunningLink Connect(TimeProvider time) => new(this, time);

    private sealed class RunningLink : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly HttpClient _http;

        public RunningLink(ControllerLinkTests test, TimeProvider time)
        {
            _http = test._controller.CreateClient();
            var addresses = new AgentClientAddresses([test._controller.Address]);
            var client = new AgentClient(_http, addresses, test._controller.Credential, time);
            Running = new ControllerLink(client, addresses, test._instance, new MachineHealth("/proc"), time, NullLogger.Instance)
            {
                BackupAsked = backup => test._heard.Writer.TryWrite($"backup {backup}"),
                BackupCancelled = backup => test._heard.Writer.TryWrite($"cancel {backup}"),
                StatusChanged = _ => { },
            }.RunAsync(_stopping.Token);
        }

        public Task Running { get; }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Running);
            _http.Dispose();
            _stopping.Dispose();
        }
    }
}
