using System.Net;

namespace Backstay.Controller.Notifications;

/// <summary>
/// What a <c>notifyUrl</c> has to be, as far as it shows before a name is resolved. What the name resolves to is checked at every
/// connection (<see cref="CheckedConnection"/>).
/// </summary>
internal sealed class NotifyUrlPolicy(AddressPolicy addresses)
{
    /// <summary>In characters.</summary>
    public const int MaxLength = 2048;

    /// <summary>Null when the URL can be taken; else the sentence for the refusal.</summary>
    /// <param name="field">What it is called where it was given.</param>
    public string? Check(string notifyUrl, string field = "notifyUrl")
    {
        if (notifyUrl.Length > MaxLength)
        {
            return $"{field} is longer than {MaxLength} characters.";
        }

        if (!Uri.TryCreate(notifyUrl, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            || url.IdnHost.Length == 0)
        {
            return $"{field} isn't an absolute http or https URL.";
        }

        if (url.UserInfo.Length > 0)
        {
            return $"{field} carries a user name or password. Leave them out: notifications are signed, check the signature instead.";
        }

        var refusal = LiteralAddresses(url).Select(addresses.Refusal).FirstOrDefault(kind => kind is not null);
        return refusal is null
            ? null
            : $"{field} points to {url.Host}, an address that isn't notified ({refusal}). Use one that is reachable from the network, "
                + "or have the operator allow it in Notifications:AllowedNetworks.";
    }

    /// <summary>The addresses that are known without asking DNS. Uri has already turned 2130706433 and 0x7f.1 into 127.0.0.1.</summary>
    private static IPAddress[] LiteralAddresses(Uri url)
    {
        var host = url.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        // RFC 6761, 6.3: these names are the machine itself, whatever a resolver says.
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? [IPAddress.Loopback]
            : [];
    }
}
