using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>
/// Trades a password for a token. A sign-in has one end, whatever tokens it gets: the token of <c>/authentication</c>, and the full
/// ones that <c>/authorization</c> gives for it, expire together and are revoked together.
/// </summary>
internal sealed class SignIn(
    CatalogContext catalog, SettingsReader settings, Passwords passwords, SignInLimiter limiter, AuditTrail audit, TimeProvider time)
{
    public const string Provider = "local";

    public async Task<(LoginResponse? Response, ApiErrorResult? Error)> WithPasswordAsync(
        HttpContext context, bool full, CancellationToken cancellationToken)
    {
        var (login, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.LoginRequest, cancellationToken);
        if (login is null || (error = Check(login)) is not null)
        {
            return (null, error);
        }

        var (address, name) = (context.Connection.RemoteIpAddress, login.Username!);
        if (limiter.Begin(address, name) is { } wait)
        {
            return (null, ApiErrors.TooManyRequests("Too many failed sign-ins. Wait as long as Retry-After says.", wait));
        }

        var user = login.ProviderName == Provider
            ? await catalog.LocalUsers.AsNoTracking().SingleOrDefaultAsync(u => u.Name == name, cancellationToken)
            : null;
        var verdict = await passwords.VerifyAsync(user?.PasswordHash, login.Password!, cancellationToken);
        if (user is null || user.Disabled || verdict == PasswordVerificationResult.Failed)
        {
            audit.Add("login.refused", Shortened(name), outcome: StatusCodes.Status401Unauthorized, actor: "anonymous");
            await catalog.SaveChangesAsync(cancellationToken);
            return (null, ApiErrors.InvalidCredentials());
        }

        limiter.Succeeded(address, name);
        var hash = verdict == PasswordVerificationResult.SuccessRehashNeeded
            ? await passwords.HashAsync(login.Password!, cancellationToken)
            : user.PasswordHash;
        var inForce = await settings.GetAsync(cancellationToken);
        var token = TokenAuthentication.NewToken();
        var expires = time.GetUtcNow() + inForce.TokenLifetime;
        var signIn = Guid.NewGuid();
        await using (var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken))
        {
            // The user as it was verified: a password that is changed meanwhile gets no token that outlives the change.
            var same = await catalog.LocalUsers
                .Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash && !u.Disabled)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.PasswordHash, hash), cancellationToken);
            if (same == 0)
            {
                return (null, ApiErrors.InvalidCredentials());
            }

            Add(token, user.Id, signIn, full, expires);
            audit.Add("login", user.Name, actor: user.Name);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        var caller = await TokenAuthentication.CallerAsync(catalog, user, signIn, full, expires, cancellationToken);
        return (ToWire(token, expires, caller, inForce), null);
    }

    /// <summary>The full token of a sign-in: the one that was sent, when it is one already.</summary>
    public async Task<LoginResponse> AuthorizeAsync(Caller caller, string token, CancellationToken cancellationToken)
    {
        if (!caller.Full)
        {
            token = TokenAuthentication.NewToken();
            Add(token, caller.UserId, caller.SignIn, full: true, caller.Expires);
            await catalog.SaveChangesAsync(cancellationToken);
        }

        return ToWire(token, caller.Expires, caller, await settings.GetAsync(cancellationToken));
    }

    /// <summary>Revokes all tokens of this sign-in.</summary>
    public async Task EndAsync(Caller caller, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        await catalog.Tokens.Where(t => t.SignIn == caller.SignIn).ExecuteDeleteAsync(cancellationToken);
        audit.Add("logout", caller.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static ApiErrorResult? Check(LoginRequest login)
    {
        var errors = new FieldErrors();
        if (string.IsNullOrEmpty(login.ProviderName))
        {
            errors.Add("providerName", "is required");
        }

        if (string.IsNullOrEmpty(login.Username))
        {
            errors.Add("username", "is required");
        }

        errors.Text("username", login.Username, int.MaxValue);

        if (string.IsNullOrEmpty(login.Password))
        {
            errors.Add("password", "is required");
        }

        if (login.DeviceId is null)
        {
            errors.Add("deviceId", "is required: a UUID that stays the same on one device");
        }

        return errors.Refusal;
    }

    private void Add(string token, Guid user, Guid signIn, bool full, DateTimeOffset expires) => catalog.Tokens.Add(new TokenEntity
    {
        Hash = TokenAuthentication.HashOf(token),
        UserId = user,
        SignIn = signIn,
        Full = full,
        Created = time.GetUtcNow(),
        Expires = expires,
    });

    private static LoginResponse ToWire(string token, DateTimeOffset expires, Caller caller, SettingsModel settings) => new(
        token,
        expires,
        new SignedInUser(
            caller.Name,
            NeedTwoFactorAuth: false,
            caller.May(PrivilegeType.View, PrivilegeTarget.AuditLog),
            caller.Privileges),
        settings.MessageOfTheDay);

    private static string Shortened(string name) => name.Length <= 128 ? name : name[..128] + "…";
}
