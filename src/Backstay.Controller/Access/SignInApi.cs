using System.Reflection;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Access;

/// <summary>Coming in and going out, and what a client asks before it does.</summary>
internal static class SignInApi
{
    private static readonly string SoftwareVersion =
        typeof(SignInApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public static IEndpointRouteBuilder MapSignIn(this IEndpointRouteBuilder app)
    {
        var signIn = app.MapGroup("/admin").WithTags("Sign-in");
        var open = signIn.MapGroup("").AllowAnonymous();
        open.MapPost("/login", LoginAsync)
            .Takes(typeof(LoginRequest))
            .Refuses(400, 401, 413, 422, 429)
            .WithSummary("Sign in")
            .WithDescription("The one call that scripts should use: its token is good for all others. `providerName` is `local`. After "
                + "too many refused tries from one address or for one user: 429 with `Retry-After`.");
        open.MapPost("/authentication", AuthenticateAsync)
            .Takes(typeof(LoginRequest))
            .Refuses(400, 401, 413, 422, 429)
            .WithSummary("Sign in, first half")
            .WithDescription("Of the interactive sign-in: the token is good for `/authorization` and `/logout` only.");
        open.MapGet("/identity-providers/names", Providers)
            .WithSummary("List the ways to sign in")
            .WithDescription("Without a token. It is `local` alone: users that this controller has itself.");
        open.MapGet("/version", Version)
            .WithSummary("Read the versions")
            .WithDescription("The peer versions that this controller speaks, and the version of the software.");

        var signedIn = signIn.MapGroup("").RequireAnyToken().Refuses(401);
        signedIn.MapGet("/authorization", AuthorizeAsync)
            .WithSummary("Sign in, second half; or test a token")
            .WithDescription("With the token of `/authentication`: a full token of the same sign-in, with the same end. With a full token: "
                + "that token again.");
        signedIn.MapPost("/logout", LogoutAsync)
            .WithSummary("Sign out")
            .WithDescription("All tokens of this sign-in are revoked at once, on every controller.");
        return app;
    }

    private static async Task<Results<Ok<LoginResponse>, ApiErrorResult>> LoginAsync(
        HttpContext context, SignIn signIn, CancellationToken cancellationToken)
    {
        var (response, error) = await signIn.WithPasswordAsync(context, full: true, cancellationToken);
        return error is null ? TypedResults.Ok(response!) : error;
    }

    private static async Task<Results<Ok<LoginResponse>, ApiErrorResult>> AuthenticateAsync(
        HttpContext context, SignIn signIn, CancellationToken cancellationToken)
    {
        var (response, error) = await signIn.WithPasswordAsync(context, full: false, cancellationToken);
        return error is null ? TypedResults.Ok(response!) : error;
    }

    private static async Task<Ok<LoginResponse>> AuthorizeAsync(
        HttpRequest request, Caller caller, SignIn signIn, CancellationToken cancellationToken) =>
        TypedResults.Ok(await signIn.AuthorizeAsync(caller, TokenAuthentication.BearerToken(request)!, cancellationToken));

    private static async Task<NoContent> LogoutAsync(Caller caller, SignIn signIn, CancellationToken cancellationToken)
    {
        await signIn.EndAsync(caller, cancellationToken);
        return TypedResults.NoContent();
    }

    private static Ok<IdentityProviderNames> Providers() =>
        TypedResults.Ok(new IdentityProviderNames([new IdentityProviderName(SignIn.Provider, "Credentials")]));

    private static Ok<VersionInfo> Version() =>
        TypedResults.Ok(new VersionInfo(PeerVersion.Highest, PeerVersion.Lowest, SoftwareVersion));
}
