using System.CommandLine;
using System.Net;
using Backstay.Archive;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys which</c>: what the envelope says, and the names that the controller knows for it.</summary>
internal sealed class WhichCommand : CliCommand
{
    private readonly Argument<FileInfo> _archive = new("FILE") { Description = "The archive" };
    private readonly Option<bool> _offline = new("--offline") { Description = "Don't ask the controller, even when signed in" };

    public WhichCommand(GlobalOptions global)
        : base(
            global,
            "which",
            "Say which keys open an archive; without a controller by their ids alone",
            "backstay keys which gw-01.gpg",
            "backstay keys which gw-01.gpg --offline --output json | jq -r '.wraps[].wrap'")
    {
        Arguments.Add(_archive);
        Options.Add(_offline);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var head = new byte[EnvelopeInspector.HeadLength];
        await using (var archive = ArchiveFile.Open(ArchiveFile.Existing(invocation.Value(_archive))))
            head = head[..await archive.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken)];
        var envelope = await EnvelopeInspector.InspectAsync(new MemoryStream(head), cancellationToken);
        var keys = (invocation.Value(_offline) ? null : await AskAsync(invocation, head, cancellationToken)) ?? new ArchiveKeys(
        [
            .. envelope.RecipientKeyIds.Select(wrap => new KnownWrap(wrap, BackupKeyKind.Recipient)),
            .. envelope.PassphraseWrapIds.Select(wrap => new KnownWrap(wrap, BackupKeyKind.Passphrase)),
        ]);
        invocation.Terminal.Result(keys, AdminJson.Default.ArchiveKeys, shown => invocation.Terminal.Show(shown.Wraps, new Columns<KnownWrap>()
            .Add("OPENS WITH", wrap => KeyText.Kind(wrap.Kind))
            .Add("NAME", wrap => wrap.Name)
            .Add("ID OR FINGERPRINT", wrap => wrap.Id)
            .Add("STATE", wrap => KeyText.State(wrap.State))
            .Add("IN THE ENVELOPE", wrap => wrap.Kind == BackupKeyKind.Passphrase ? $"salt {wrap.Wrap}" : $"subkey {wrap.Wrap}")));
        invocation.Terminal.Hint("Any one of these opens it.");
        return ExitCode.Ok;
    }

    /// <summary>Null when no controller can be asked: what the envelope says is an answer, too.</summary>
    private static async Task<ArchiveKeys?> AskAsync(Invocation invocation, byte[] head, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = await invocation.ConnectAsync(cancellationToken);
            return await connection.Client.WhichKeysAsync(head, cancellationToken);
        }
        catch (CliException exception) when (exception.Id == CliErrorIds.NotSignedIn)
        {
            invocation.Terminal.Hint("Not signed in: the controller could say more.");
        }
        catch (AdminApiException exception) when (
            exception.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.ServiceUnavailable)
        {
            invocation.Terminal.Warn($"the controller doesn't say more: {exception.Error.Message}");
        }
        catch (HttpRequestException)
        {
            invocation.Terminal.Warn("the controller can't be reached; this is what the archive says by itself.");
        }

        return null;
    }
}
