using System.Net.Sockets;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Backstay.Controller.Notifications;

/// <summary>Makes one try to hand a mail to the mail server, which is the operator's and may be anywhere.</summary>
internal sealed class MailSender(IOptions<MailOptions> options, TimeProvider time)
{
    /// <summary>What the URL of a delivery by mail begins with.</summary>
    public const string Scheme = "mailto:";

    /// <summary>In characters; a longer subject is cut.</summary>
    public const int MaxSubject = 150;

    public static bool Takes(DeliveryEntity delivery) => delivery.Url.StartsWith(Scheme, StringComparison.Ordinal);

    /// <exception cref="OperationCanceledException">Only for <paramref name="cancellationToken"/>; every other end is an outcome.</exception>
    public async Task<TryOutcome> TryAsync(DeliveryEntity delivery, CancellationToken cancellationToken)
    {
        if (!options.Value.IsOn)
            return new TryOutcome(TryEnd.Faulted, Error: "This controller has no mail server (Mail:Host): give all controllers the same options.");

        using var limit = new CancellationTokenSource(WebhookSender.TryTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var message = Message(delivery);
        try
        {
            await SendAsync(message, either.Token);
            return new TryOutcome(TryEnd.Delivered);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new TryOutcome(TryEnd.TimedOut, Error: $"Not taken within {WebhookSender.TryTimeout.TotalSeconds} seconds.");
        }
        catch (SmtpCommandException exception)
        {
            return new TryOutcome(TryEnd.NotTaken, (int)exception.StatusCode, exception.Message);
        }
        catch (AuthenticationException exception)
        {
            return new TryOutcome(TryEnd.NotTaken, Error: $"The mail server refuses Mail:Username with its password: {exception.Message}");
        }
        catch (NotSupportedException exception)
        {
            return new TryOutcome(TryEnd.NotTaken, Error: $"The mail server can't do what Mail:Security or Mail:Username ask for: {exception.Message}");
        }
        catch (Exception exception) when (exception is SocketException or IOException or SslHandshakeException or SmtpProtocolException)
        {
            return new TryOutcome(TryEnd.Unreachable, Error: $"No connection to the mail server: {exception.GetBaseException().Message}");
        }
    }

    private async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var mail = options.Value;

        // As for webhooks: the machine's trust store decides, and no other server is asked.
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        await client.ConnectAsync(mail.Host, mail.Port, mail.Security switch
        {
            MailSecurity.StartTls => SecureSocketOptions.StartTls,
            MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
            _ => SecureSocketOptions.None,
        }, cancellationToken);
        if (mail.Username is not "")
        {
            var password = (await File.ReadAllLinesAsync(mail.PasswordFile, cancellationToken)).FirstOrDefault("");
            await client.AuthenticateAsync(mail.Username, password, cancellationToken);
        }

        await client.SendAsync(message, cancellationToken);

        // It is taken. What comes of the farewell changes nothing.
        await client.DisconnectAsync(quit: true, CancellationToken.None);
    }

    private MimeMessage Message(DeliveryEntity delivery)
    {
        var lines = delivery.Body.Split('\n', 2);
        var from = MailboxAddress.Parse(options.Value.From);
        var message = new MimeMessage
        {
            // The same for every try, so that a receiver can tell a repeat.
            MessageId = $"{delivery.Id}@{from.Domain}",
            Date = time.GetUtcNow(),
            Subject = AgentText.Line(lines[0], MaxSubject),
            Body = new TextPart("plain") { Text = lines.ElementAtOrDefault(1) ?? "" },
        };
        message.From.Add(from);
        foreach (var address in delivery.Url[Scheme.Length..].Split(','))
            message.To.Add(MailboxAddress.Parse(address));

        // RFC 3834: nobody is to answer this by a machine.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return message;
    }
}
