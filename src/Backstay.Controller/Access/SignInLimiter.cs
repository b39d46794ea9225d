using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Access;

/// <summary>
/// Bounds how often passwords can be guessed: by address and by user name. Guessing at a name from many addresses must not lock its
/// owner out, so an address from which the user has signed in before has a bucket of its own, which nobody else can empty
/// (OWASP's "device cookie", by address). Each controller counts for itself, in memory.
/// </summary>
internal sealed class SignInLimiter(IOptions<AccessOptions> options, TimeProvider time)
{
    private const int MaxKeys = 10_000;

    private static readonly TimeSpan KnownFor = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _known = [];
    private readonly TryBuckets _addresses = new(options.Value.TriesPerAddress, options.Value.TryComesBackAfter, MaxKeys, time);
    private readonly TryBuckets _users = new(options.Value.TriesPerUser, options.Value.TryComesBackAfter, MaxKeys, time);
    private readonly TryBuckets _pairs = new(options.Value.TriesPerUser, options.Value.TryComesBackAfter, MaxKeys, time);

    /// <summary>Takes a try before the password is looked at, which is what costs; or says how long to wait.</summary>
    public TimeSpan? Begin(IPAddress? address, string userName)
    {
        var (from, user) = (AddressKey(address), UserKey(userName));
        return IsKnown(from + user) ? _pairs.TryTake(from + user) : _addresses.TryTake(from) ?? _users.TryTake(user);
    }

    /// <summary>The password was right: the try is given back, and the address is known from now on.</summary>
    public void Succeeded(IPAddress? address, string userName)
    {
        var (from, user) = (AddressKey(address), UserKey(userName));
        if (IsKnown(from + user))
        {
            _pairs.Return(from + user);
        }
        else
        {
            _addresses.Return(from);
            _users.Return(user);
        }

        Remember(from + user);
    }

    private bool IsKnown(string pair)
    {
        lock (_lock)
        {
            return _known.TryGetValue(pair, out var since) && time.GetUtcNow() - since < KnownFor;
        }
    }

    private void Remember(string pair)
    {
        lock (_lock)
        {
            if (_known.Count >= MaxKeys && !_known.ContainsKey(pair))
            {
                _known.Remove(_known.MinBy(known => known.Value).Key);
            }

            _known[pair] = time.GetUtcNow();
        }
    }

    /// <summary>Who has one IPv6 address has its /64: 2^64 addresses must not be 2^64 buckets.</summary>
    private static string AddressKey(IPAddress? address)
    {
        if (address is null)
        {
            return "?";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }

    /// <summary>Of a fixed length, whatever is sent as a name.</summary>
    private static string UserKey(string userName) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(userName.ToUpperInvariant())));
}
