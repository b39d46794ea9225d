using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Access;

/// <summary>
/// Password hashes: ASP.NET Core's hasher (PBKDF2 with HMAC-SHA-512), with the iterations that OWASP asks of it. Hashing takes a core
/// for a while on purpose, so only half of the cores hash at the same time: status calls go on through a storm of sign-ins.
/// </summary>
/// <param name="iterations">Of PBKDF2; fewer are for tests, which start many controllers.</param>
internal sealed class Passwords(int iterations = Passwords.Iterations) : IDisposable
{
    public const int Iterations = 210_000;
    public const int Shortest = 12;
    public const int Longest = 256;

    private readonly PasswordHasher<LocalUserEntity> _hasher =
        new(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));

    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount / 2));
    private string? _nobody;

    public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
        OnOneCoreAsync(() => _hasher.HashPassword(null!, password), cancellationToken);

    /// <summary>Whether it is the password. Takes as long for a user that doesn't exist (<paramref name="hash"/> null).</summary>
    /// <returns><see cref="PasswordVerificationResult.SuccessRehashNeeded"/>: right, and hashed with fewer iterations than today's.</returns>
    public Task<PasswordVerificationResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken) =>
        OnOneCoreAsync(
            () =>
            {
                if (hash is not null)
                    return _hasher.VerifyHashedPassword(null!, hash, password);

                _hasher.VerifyHashedPassword(null!, LazyInitializer.EnsureInitialized(ref _nobody, NewNobody), password);
                return PasswordVerificationResult.Failed;
            },
            cancellationToken);

    public void Dispose() => _cores.Dispose();

    private string NewNobody() => _hasher.HashPassword(null!, Guid.NewGuid().ToString());

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
