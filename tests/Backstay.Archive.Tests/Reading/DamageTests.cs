using Backstay.Archive.Tests.Support;

namespace Backstay.Archive.Tests.Reading;

public sealed class DamageTests
{
    [Fact]
    public async Task A_thousand_archives_with_one_altered_byte_are_refused()
    {
        using var scratch = new Scratch();
        using var key = SessionKey.Generate();
        byte[] archive = await SmallArchiveAsync(scratch, key);
        await Archives.VerifyAsync(archive, Unlock.WithSessionKey(key));
        byte[] choices = Archives.Noise(8000, seed: 20261123);
        int envelope = (await EnvelopeInspector.InspectAsync(new MemoryStream(archive), default)).Length;

        for (int i = 0; i < 1000; i++)
        {
            int position = (int)(BitConverter.ToUInt32(choices, i * 8) % archive.Length);
            if (i < 100)
                position %= envelope; // OpenPGP itself doesn't protect these
            byte flip = choices[i * 8 + 4] is 0 and var zero ? (byte)(zero + 1) : choices[i * 8 + 4];
            byte[] altered = [.. archive];
            altered[position] ^= flip;

            Exception? refusal = await Record.ExceptionAsync(() => Archives.VerifyAsync(altered, Unlock.WithSessionKey(key)));

            Assert.True(refusal is ArchiveException, $"byte {position} xor {flip}: {refusal?.ToString() ?? "accepted"}");
        }
    }

    [Fact]
    public async Task Every_altered_byte_of_the_envelope_is_refused_to_a_passphrase_and_to_a_secret_key()
    {
        await using var gpg = new GnuPg();
        using var scratch = new Scratch();
        using var key = SessionKey.Generate();
        (byte[] publicKey, byte[] secretKey) = await gpg.MakeKeyAsync("ops", "ed25519", "cv25519");
        // As little hashing as the format can say: what is looked at here is what comes of it.
        byte[] envelope = Envelope.WrapWith(key, [Archives.Passphrase], [Recipient.Parse(publicKey, TimeProvider.System.GetUtcNow())], codedCount: 0);
        scratch.Write("source/text", "some text");
        using var output = new MemoryStream();
        await using (var writer = ArchiveWriter.Create(output, key, envelope, Archives.Manifest, new ArchiveWriterOptions()))
        {
            await writer.AddTreeAsync(ArchiveSection.Config, scratch["source"], PathExcludes.None, default);
            await writer.FinishAsync(Archives.Ended, default);
        }
        byte[] archive = output.ToArray();
        Assert.Equal(envelope, archive[..envelope.Length]);

        foreach (Unlock unlock in new[] { Unlock.WithPassphrase(Archives.Passphrase), Unlock.WithSecretKey(secretKey, null) })
        {
            await Archives.VerifyAsync(archive, unlock);
            for (int position = 0; position < envelope.Length; position++)
            {
                foreach (byte flip in new byte[] { 0x01, 0x80, 0xff })
                {
                    byte[] altered = [.. archive];
                    altered[position] ^= flip;

                    Exception? refusal = await Record.ExceptionAsync(() => Archives.VerifyAsync(altered, unlock));

                    Assert.True(refusal is ArchiveException, $"{unlock.GetType().Name}, byte {position} xor {flip}: {refusal?.ToString() ?? "accepted"}");
                }
            }
        }
    }

    [Fact]
    public async Task An_archive_cut_anywhere_is_truncated()
    {
        using var scratch = new Scratch();
        using var key = SessionKey.Generate();
        byte[] archive = await SmallArchiveAsync(scratch, key);
        IEnumerable<int> lengths = Enumerable.Range(1, 120).Concat(Enumerable.Range(1, 60).Select(i => archive.Length - i))
            .Concat(Enumerable.Range(1, 200).Select(i => (int)((long)archive.Length * i / 201)));

        foreach (int length in lengths)
        {
            var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync(archive[..length], Unlock.WithSessionKey(key)));
            Assert.True(refused.Fault == ArchiveFault.Truncated, $"{length}: {refused.Fault} {refused.Message}");
        }
    }

    [Fact]
    public async Task Bytes_after_the_end_are_refused()
    {
        using var scratch = new Scratch();
        using var key = SessionKey.Generate();
        byte[] archive = await SmallArchiveAsync(scratch, key);

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync([.. archive, 0], Unlock.WithSessionKey(key)));

        Assert.Equal(ArchiveFault.Damaged, refused.Fault);
    }

    [Fact]
    public async Task A_wrong_passphrase_is_told_as_such()
    {
        using var scratch = new Scratch();
        (byte[] archive, _) = await Archives.CreateAsync(scratch.MakeFolder("empty"));

        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync(archive, Unlock.WithPassphrase("wrong")));

        Assert.Equal(ArchiveFault.WrongKey, refused.Fault);
    }

    [Theory]
    [InlineData("", ArchiveFault.NotAnArchive)]
    [InlineData("-----BEGIN PGP MESSAGE-----\n", ArchiveFault.NotAnArchive)]
    [InlineData("just some text", ArchiveFault.NotAnArchive)]
    public async Task What_is_not_an_archive_is_told_as_such(string content, ArchiveFault fault)
    {
        var refused = await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync(System.Text.Encoding.UTF8.GetBytes(content)));

        Assert.Equal(fault, refused.Fault);
    }

    [Fact]
    public async Task Extracting_a_damaged_archive_fails_and_says_that_the_content_is_not_proven()
    {
        using var scratch = new Scratch();
        using var key = SessionKey.Generate();
        scratch.Write("source/large", Archives.Noise(3_000_000, 5));
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"], key: key);
        archive[^1] ^= 1; // in the MDC: everything has been extracted when it is found

        var refused = await Assert.ThrowsAsync<ArchiveException>(
            () => Archives.ExtractAsync(archive, scratch["out"], unlock: Unlock.WithSessionKey(key)));

        Assert.Equal(ArchiveFault.Damaged, refused.Fault);
        Assert.Contains("not proven", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_writer_that_is_disposed_before_its_end_leaves_no_valid_archive()
    {
        using var scratch = new Scratch();
        scratch.Write("source/file", Archives.Noise(3_000_000, 4));
        using var output = new MemoryStream();
        using var key = SessionKey.Generate();
        await using (var writer = ArchiveWriter.Create(output, key, Envelope.Wrap(key, ["x"], []), Archives.Manifest, new ArchiveWriterOptions()))
            await writer.AddTreeAsync(ArchiveSection.Config, scratch["source"], PathExcludes.None, default);

        await Assert.ThrowsAsync<ArchiveException>(() => Archives.VerifyAsync(output.ToArray(), Unlock.WithSessionKey(key)));
    }

    private static async Task<byte[]> SmallArchiveAsync(Scratch scratch, SessionKey key)
    {
        scratch.Write("source/noise", Archives.Noise(150_000, 2));
        scratch.Write("source/text", "some text");
        (byte[] archive, _) = await Archives.CreateAsync(scratch["source"], key: key);
        return archive;
    }
}
