using System.Net;
using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using CsCheck;

namespace Backstay.Controller.Tests.Api;

public sealed class AcceptTests
{
    [Fact]
    public void Exactly_the_versions_17_to_23_are_spoken() =>
        Gen.Int[-5, 400].Sample(number =>
            Assert.Equal(
                number is >= 17 and <= 23 ? number : null,
                Negotiate($"application/vnd.appgate.peer-v{number}+json")?.Number));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("text/html, application/json;q=0.1")]
    public void What_names_no_version_is_answered_in_the_newest(string? accept) =>
        Assert.Equal(PeerVersion.Newest, Negotiate(accept));

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0")]
    [InlineData("application/vnd.appgate.peer-v+json")]
    [InlineData("application/vnd.appgate.peer-v18")]
    [InlineData("application/vnd.appgate.peer-v018x+json")]
    [InlineData("application/vnd.appgate.peer-v18+xml")]
    [InlineData("application/vnd.appgate.peer-v18+gpg")]
    [InlineData("not a media type")]
    [InlineData("application/gpg")]
    public void Anything_else_is_refused(string accept) => Assert.Null(Negotiate(accept));

    [Fact]
    public void Whatever_is_sent_is_decided_without_a_fault() =>
        Gen.String.Sample(text => Negotiate(text) is null or { Number: >= 17 and <= 23 });

    [Fact]
    public void The_most_wanted_version_is_spoken_wherever_it_stands() =>
        Gen.Select(Gen.Int[17, 23], Gen.Int[17, 23], Gen.Bool).Sample((wanted, other, first) =>
        {
            var (most, less) = ($"application/vnd.appgate.peer-v{wanted}+json;q=0.9", $"application/vnd.appgate.peer-v{other}+json;q=0.3");
            Assert.Equal(wanted, Negotiate(first ? $"{most}, {less}" : $"{less}, {most}")!.Value.Number);
        });

    [Fact]
    public async Task The_refusal_says_which_versions_there_are_before_anything_else_is_looked_at()
    {
        await using var host = await ControllerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/login") { Content = Answers.Json("{ broken") };
        request.Headers.TryAddWithoutValidation("Accept", "application/vnd.appgate.peer-v5+json");

        var error = await (await host.Http.SendAsync(request)).AssertRefusedAsync(HttpStatusCode.NotAcceptable, ErrorIds.NotAcceptable);

        Assert.Equal((17, 23), (error.MinSupportedVersion, error.MaxSupportedVersion));
    }

    private static PeerVersion? Negotiate(string? accept) =>
        AcceptMiddleware.Negotiate(accept is null ? [] : [accept], AcceptKinds.Json);
}
