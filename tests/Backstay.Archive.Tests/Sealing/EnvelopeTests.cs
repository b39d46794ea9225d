using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Sealing;

public sealed class EnvelopeTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task An_envelope_tells_what_opens_it()
    {
        using var scratch = new Scratch();
        await using var gpg = new GnuPg();
        Recipient recipient = Recipient.Parse((await gpg.MakeKeyAsync("ops", "ed25519", "cv25519")).Public, Now);
        (byte[] archive, _) = await Archives.CreateAsync(scratch.MakeFolder("empty"), recipients: recipient);

        EnvelopeInfo info = await EnvelopeInspector.InspectAsync(new MemoryStream(archive), default);

        Assert.Equal(1, info.Passphrases);
        Assert.Equal([recipient.KeyId], info.RecipientKeyIds);
        VerificationResult proven = await Archives.VerifyAsync(archive);
        Assert.Equal(info.Sha256, proven.Manifest.EnvelopeSha256);
    }

    [Fact]
    public async Task An_envelope_tells_the_same_alone_and_in_front_of_an_archive_and_a_passphrase_finds_its_wrap()
    {
        using var key = SessionKey.Generate();
        using var output = new MemoryStream();
        byte[] envelope = Envelope.Wrap(key, ["first", "second"], []);
        await using (var writer = ArchiveWriter.Create(output, key, envelope, Archives.Manifest, new ArchiveWriterOptions()))
            await writer.FinishAsync(Archives.Ended, default);
        byte[] head = output.ToArray()[..(envelope.Length + 64)];

        EnvelopeInfo alone = await EnvelopeInspector.InspectEnvelopeAsync(envelope, default);
        EnvelopeInfo inFront = await EnvelopeInspector.InspectAsync(new MemoryStream(head), default);

        Assert.Equivalent(alone, inFront, strict: true);
        Assert.Equal(2, alone.PassphraseWrapIds.Distinct().Count());
        Assert.All(alone.PassphraseWrapIds, wrap => Assert.Equal(16, wrap.Length));
        Assert.Equal(alone.PassphraseWrapIds[0], await EnvelopeInspector.FindWrapAsync(new MemoryStream(head), "first", default));
        Assert.Equal(alone.PassphraseWrapIds[1], await EnvelopeInspector.FindWrapAsync(new MemoryStream(head), "second", default));
        Assert.Null(await EnvelopeInspector.FindWrapAsync(new MemoryStream(head), "third", default));
    }

    [Fact]
    public async Task Any_of_several_passphrases_opens_an_archive()
    {
        using var key = SessionKey.Generate();
        using var output = new MemoryStream();
        byte[] envelope = Envelope.Wrap(key, ["first", "second ä日本"], []);
        await using (var writer = ArchiveWriter.Create(output, key, envelope, Archives.Manifest, new ArchiveWriterOptions()))
            await writer.FinishAsync(Archives.Ended, default);

        await Archives.VerifyAsync(output.ToArray(), Unlock.WithPassphrase("first"));
        await Archives.VerifyAsync(output.ToArray(), Unlock.WithPassphrase("second ä日本"));
        await Archives.VerifyAsync(output.ToArray(), Unlock.WithAnyPassphrase(["neither", "second ä日本"]));
    }

    [Fact]
    public void An_envelope_that_nobody_could_open_is_not_made()
    {
        using var key = SessionKey.Generate();

        Assert.Throws<ArgumentException>(() => Envelope.Wrap(key, [], []));
        Assert.Throws<ArgumentException>(() => Envelope.Wrap(key, [""], []));
    }

    [Fact]
    public async Task An_expired_key_is_refused_with_its_date()
    {
        await using var gpg = new GnuPg();
        byte[] key = (await gpg.MakeKeyAsync("ops", "ed25519", "cv25519", expire: "30d")).Public;

        Recipient now = Recipient.Parse(key, Now);
        var later = Assert.Throws<ArchiveException>(() => Recipient.Parse(key, Now.AddDays(31)));

        Assert.Equal(30, (now.Expires!.Value - Now).TotalDays, tolerance: 1);
        Assert.Equal(ArchiveFault.UnusableKey, later.Fault);
        Assert.Contains("expired", later.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_cannot_encrypt_is_refused()
    {
        await using var gpg = new GnuPg();
        byte[] key = (await gpg.MakeKeyAsync("signer", "ed25519", subkey: null)).Public;

        Assert.Equal(ArchiveFault.UnusableKey, Assert.Throws<ArchiveException>(() => Recipient.Parse(key, Now)).Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n")]
    public void What_is_not_a_key_is_refused(string content)
        => Assert.Equal(
            ArchiveFault.UnusableKey,
            Assert.Throws<ArchiveException>(() => Recipient.Parse(System.Text.Encoding.UTF8.GetBytes(content), Now)).Fault);

    [Fact]
    public void A_session_key_does_not_show_itself_and_is_gone_when_disposed()
    {
        var key = SessionKey.Generate();
        string hex = Convert.ToHexString(key.Bytes);

        Assert.DoesNotContain(hex, key.ToString(), StringComparison.OrdinalIgnoreCase);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Bytes.Length);
    }
}
