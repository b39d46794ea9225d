using System.ComponentModel.DataAnnotations;
using Backstay.Protocol;
using Backstay.Protocol.Admin;
using MimeKit;

namespace Backstay.Controller.Notifications;

/// <summary>How the connection to the mail server is kept private.</summary>
internal enum MailSecurity
{
    /// <summary>It begins in clear and is to become TLS before anything is said (RFC 3207); a server that can't is not used.</summary>
    StartTls,

    /// <summary>TLS from the first byte (RFC 8314).</summary>
    Tls,

    /// <summary>In clear. Without a password only.</summary>
    None,
}

/// <summary>Events by mail. The same on all controllers: whichever comes to it sends.</summary>
internal sealed class MailOptions : IValidatableObject
{
    public const string Section = "Mail";

    /// <summary>The SMTP server, by name or address. Default: none, and no mail is sent.</summary>
    public string Host { get; set; } = "";

    /// <summary>1 to 65535, default 587.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary><c>startTls</c>, <c>tls</c> or <c>none</c>; default <c>startTls</c>.</summary>
    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>To sign in with, where the server asks for it. Default: none.</summary>
    public string Username { get; set; } = "";

    /// <summary>A file whose first line is the password of <see cref="Username"/>; read with every mail. Default: none.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>Whom it comes from: <c>backstay@example.com</c> or <c>Backstay &lt;backstay@example.com&gt;</c>. Needed with <see cref="Host"/>.</summary>
    public string From { get; set; } = "";

    /// <summary>Who gets it; at least one with <see cref="Host"/>, 100 at most.</summary>
    public string[] To { get; set; } = [];

    /// <summary>Which events, by their words (<c>backup.overdue</c>). Default: all.</summary>
    public string[] Kinds { get; set; } = [];

    public bool IsOn => Host is not "";

    /// <summary>Whether an event of this kind is mailed.</summary>
    public bool Wants(EventKind kind) => IsOn && (Kinds is [] || Kinds.Contains(DottedNaming.Policy.ConvertName(kind.ToString())));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
            yield break;

        if (!MailboxAddress.TryParse(From, out _))
            yield return Fault(nameof(From), $"'{From}' isn't an address of mail");
        if (To is [] || To.Length > 100)
            yield return Fault(nameof(To), "names 1 to 100 addresses, like Mail:To:0=ops@example.com");
        foreach (var address in To.Where(address => !MailboxAddress.TryParse(address, out _)))
            yield return Fault(nameof(To), $"'{address}' isn't an address of mail");

        var known = Enum.GetNames<EventKind>().Select(DottedNaming.Policy.ConvertName).ToList();
        foreach (var kind in Kinds.Except(known))
            yield return Fault(nameof(Kinds), $"'{kind}' isn't one of {string.Join(", ", known)}");
        if (Username is "" != PasswordFile is "")
            yield return Fault(nameof(PasswordFile), "Username and PasswordFile belong together");
        if (PasswordFile is not "" && !File.Exists(PasswordFile))
            yield return Fault(nameof(PasswordFile), $"there is no file {PasswordFile}");
        if (PasswordFile is not "" && Security == MailSecurity.None)
            yield return Fault(nameof(Security), "the password would go in clear; use startTls or tls");
    }

    private static ValidationResult Fault(string option, string what) => new($"{Section}:{option}: {what}.", [option]);
}
