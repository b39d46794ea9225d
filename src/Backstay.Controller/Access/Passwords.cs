using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Access;

/// <summary>
/// Password hashes: ASP.NET Core's hasher (PBKDF2 with HMAC-SHA-512), with the iterations that OWASP asks of it. Hashing takes a core
/// for a while on purpose, so only half of the cores hash at the same time: status calls go on through a storm of sign-ins.
/// </summary>
internal sealed class Passwords : IDisposable
{
    public const int Shortest = 12;
    public const int Longest = 256;

    private const int Iterations = 210_000;

    private readonly PasswordHasher<LocalUserEntity> _hasher =
        new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount / 2));
    private readonly Lazy<string> _nobody;

    public Passwords() => _nobody = new Lazy<string>(() => _hasher.HashPassword(null!, Guid.NewGuid().ToString()));

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        OnOneCoreAsync(() => _hasher.HashPassword(null!, password), cancellationToken);

    /// <summary>Whether it is the password. Takes as long for a user that doesn't exist (<paramref name="hash"/> null).</summary>
    /// <returns><see cref="PasswordVerificationResult.SuccessRehashNeeded"/>: right, and hashed with fewer iterations than today's.</returns>
    public Task<PasswordVerificationResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken) =>
        OnOneCoreAsync(
            () =>
            {
                var result = _hasher.VerifyHashedPassword(null!, hash ?? _nobody.Value, password);
                return hash is null ? PasswordVerificationResult.Failed : result;
            },
            cancellationToken);

    public void Dispose() => _cores.Dispose();

    private async Task<T> OnOneCoreAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _cores.Release();
        }
    }
}
