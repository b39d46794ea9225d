namespace Backstay.Archive.Tests.Support;

/// <summary>A GnuPG home of its own, and keys made by gpg itself.</summary>
internal sealed class GnuPg : IAsyncDisposable
{
    private readonly Scratch _scratch = new();

    public async ValueTask DisposeAsync()
    {
        await RunAsync("gpgconf --kill all");
        _scratch.Dispose();
    }

    public Task<string> RunAsync(string script) => Shell.RunAsync(script, ("GNUPGHOME", _scratch.Folder));

    /// <summary>Makes a key with an encryption subkey and exports both halves.</summary>
    public async Task<(byte[] Public, byte[] Secret)> MakeKeyAsync(
        string name, string primary, string? subkey, string passphrase = "", string expire = "never")
    {
        string batch = $"gpg --batch --quiet --pinentry-mode loopback --passphrase '{passphrase}'";
        await RunAsync($"{batch} --quick-gen-key '{name}' {primary} cert {expire}");
        if (subkey is not null)
        {
            await RunAsync(
                $"{batch} --quick-add-key $(gpg --list-keys --with-colons '{name}' | awk -F: '/^fpr/ {{ print $10; exit }}') {subkey} encr {expire}");
        }
        await RunAsync($"gpg --export --armor '{name}' > {_scratch[name]}.pub; {batch} --export-secret-keys '{name}' > {_scratch[name]}.sec");
        return (await File.ReadAllBytesAsync(_scratch[name] + ".pub"), await File.ReadAllBytesAsync(_scratch[name] + ".sec"));
    }
}
