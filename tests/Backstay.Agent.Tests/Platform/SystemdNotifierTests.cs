using System.Net.Sockets;
using System.Text;
using Backstay.Agent.Platform;
using Xunit;

namespace Backstay.Agent.Tests.Platform;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_service_manager_hears_that_the_agent_is_ready(bool isAbstract)
    {
        var name = isAbstract ? $"@backstay-{Guid.NewGuid():N}" : _folder.Of("notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name[1..]}" : name));

        new SystemdNotifier(name).Ready("Connecting");

        var heard = new byte[100];
        var length = await manager.ReceiveAsync(heard).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("READY=1\nSTATUS=Connecting", Encoding.UTF8.GetString(heard, 0, length));
    }

    [Fact]
    public void Nobody_who_listens_is_no_reason_to_stop()
    {
        new SystemdNotifier(null).Ready("x");
        new SystemdNotifier(_folder.Of("nowhere")).Stopping();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }
}
