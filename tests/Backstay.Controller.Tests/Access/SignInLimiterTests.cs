using System.Net;
using Backstay.Controller.Access;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Access;

public sealed class SignInLimiterTests
{
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.7");

    private readonly FakeTimeProvider _time = new();
    private readonly SignInLimiter _limiter;

    public SignInLimiterTests() => _limiter = new SignInLimiter(
        Options.Create(new AccessOptions { TriesPerAddress = 5, TriesPerUser = 3, TryComesBackAfter = TimeSpan.FromSeconds(10) }), _time);

    [Fact]
    public async Task Too_many_wrong_passwords_are_answered_429_until_a_try_comes_back()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await ControllerHost.StartAsync(time, new Dictionary<string, string?> { ["Access:TriesPerUser"] = "2" });
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.LoginAsync("admin", "wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.LoginAsync("ADMIN", "wrong")).StatusCode);

        var refused = await host.LoginAsync("admin", ControllerHost.AdminPassword);

        await refused.AssertRefusedAsync(HttpStatusCode.TooManyRequests, ErrorIds.TooManyRequests);
        Assert.Equal(TimeSpan.FromSeconds(6), refused.Headers.RetryAfter!.Delta);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(HttpStatusCode.OK, (await host.LoginAsync("admin", ControllerHost.AdminPassword)).StatusCode);
    }

    [Fact]
    public void Sign_ins_that_succeed_are_not_limited()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(_limiter.Begin(Home, "olivia"));
            _limiter.Succeeded(Home, "olivia");
        }
    }

    [Fact]
    public void Guessing_at_a_name_from_everywhere_does_not_lock_its_owner_out_of_a_known_address()
    {
        Assert.Null(_limiter.Begin(Home, "olivia"));
        _limiter.Succeeded(Home, "olivia");

        for (var i = 0; i < 50; i++)
        {
            _limiter.Begin(new IPAddress([203, 0, 113, (byte)i]), "olivia");
        }

        Assert.NotNull(_limiter.Begin(Elsewhere, "olivia"));
        Assert.Null(_limiter.Begin(Home, "OLIVIA"));
    }

    [Fact]
    public void A_known_address_is_limited_too()
    {
        Assert.Null(_limiter.Begin(Home, "olivia"));
        _limiter.Succeeded(Home, "olivia");

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => _limiter.Begin(Home, "olivia") is null));
    }

    [Fact]
    public void One_address_that_tries_many_names_is_limited_and_others_are_not()
    {
        var taken = Enumerable.Range(0, 20).Count(i => _limiter.Begin(Home, $"user-{i}") is null);

        Assert.Equal(5, taken);
        Assert.Null(_limiter.Begin(Elsewhere, "user-19"));
    }

    [Fact]
    public void All_addresses_of_one_IPv6_network_are_one()
    {
        var taken = Enumerable.Range(1, 20).Count(i => _limiter.Begin(IPAddress.Parse($"2001:db8::{i}"), $"user-{i}") is null);

        Assert.Equal(5, taken);
        Assert.Null(_limiter.Begin(IPAddress.Parse("2001:db8:0:1::1"), "user-1"));
    }

    [Fact]
    public void Tries_come_back_one_by_one_however_often_it_is_asked_meanwhile()
    {
        while (_limiter.Begin(Home, "olivia") is null)
        {
        }

        for (var second = 0; second < 9; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(TimeSpan.FromSeconds(9 - second), _limiter.Begin(new IPAddress([203, 0, 113, (byte)second]), "olivia"));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_limiter.Begin(Elsewhere, "olivia"));
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_a_bucket_in_use_is_kept_before_one_that_is_full_again()
    {
        var buckets = new TryBuckets(1, TimeSpan.FromSeconds(10), 100, _time);
        for (var i = 0; i < 99; i++)
        {
            buckets.TryTake($"old-{i}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        buckets.TryTake("empty");
        for (var i = 0; i < 99; i++)
        {
            buckets.TryTake($"new-{i}");
        }

        Assert.Equal(100, buckets.Count);
        Assert.NotNull(buckets.TryTake("empty"));
        for (var i = 0; i < 1000; i++)
        {
            buckets.TryTake($"more-{i}");
        }

        Assert.Equal(100, buckets.Count);
    }
}
