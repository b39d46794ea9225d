using Backstay.Agent.Enrolment;
using Xunit;

namespace Backstay.Agent.Tests.Enrolment;

public sealed class StateFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TempFolder _folder = new();
    private readonly StateFolder _state;
    private readonly EnrolmentRecord _enrolment = new(1, Guid.NewGuid(), "gateway-1", ["https://controller:8443"], ["pin"], "secret");

    public StateFolderTests() => _state = new StateFolder(_folder.Of("state"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_is_read_again_and_is_for_the_owner_alone()
    {
        _state.Create();
        await _state.WriteAsync(_enrolment, default);

        var read = await _state.ReadAsync(default);

        Assert.Equal((_enrolment.ApplianceId, _enrolment.Credential), (read.ApplianceId, read.Credential));
        Assert.Equal(_enrolment.Pins, read.Pins);
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_state.Path));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_state.CredentialFile));
        Assert.Equal([_state.CredentialFile], Directory.EnumerateFileSystemEntries(_state.Path));
        Assert.Empty(_state.Check());
    }

    [Fact]
    public async Task A_credential_that_others_can_read_is_refused_with_the_remedy()
    {
        _state.Create();
        await _state.WriteAsync(_enrolment, default);
        File.SetUnixFileMode(_state.CredentialFile, OwnerOnly | UnixFileMode.GroupRead);
        File.SetUnixFileMode(_state.Path, OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        var problems = _state.Check();

        Assert.Equal(2, problems.Count);
        Assert.Contains("chmod 0700", problems[0], StringComparison.Ordinal);
        Assert.Contains("chmod 0600", problems[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"applianceId":"00000000-0000-0000-0000-000000000001","applianceName":"x","controllers":[],"pins":[],"credential":"x"}""")]
    public async Task A_credential_file_that_is_not_one_is_said_to_be(string content)
    {
        _state.Create();
        _folder.Write("state/credential.json", content);

        await Assert.ThrowsAsync<EnrolmentException>(() => _state.ReadAsync(default));
    }

    [Fact]
    public void One_process_has_the_folder_at_a_time()
    {
        _state.Create();
        using (var first = _state.TryLock())
        {
            Assert.NotNull(first);
            Assert.Null(_state.TryLock());
        }

        using var again = _state.TryLock();
        Assert.NotNull(again);
    }

    [Fact]
    public void The_credential_does_not_show_in_texts() =>
        Assert.DoesNotContain("secret", _enrolment.ToString(), StringComparison.Ordinal);
}
