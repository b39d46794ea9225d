using System.ComponentModel.DataAnnotations;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Notifications;

public sealed class MailOptionsTests
{
    [Fact]
    public void Without_a_server_no_mail_is_sent_and_the_defaults_are_the_documented_ones()
    {
        var options = new MailOptions();
        Assert.Empty(Faults(options));
        Assert.Equal((false, 587, MailSecurity.StartTls), (options.IsOn, options.Port, options.Security));
        Assert.False(options.Wants(EventKind.BackupOverdue));
        Assert.True(Good().Wants(EventKind.BackupOverdue));
        Assert.False(Good(mail => mail.Kinds = ["backup.failed"]).Wants(EventKind.BackupOverdue));
    }

    [Fact]
    public void What_can_not_be_is_named()
    {
        Assert.Empty(Faults(Good()));
        Assert.Equal(["From"], Faults(Good(mail => mail.From = "nobody at all <")));
        Assert.Equal(["To"], Faults(Good(mail => mail.To = [])));
        Assert.Equal(["To"], Faults(Good(mail => mail.To = ["ops@example.com", "<"])));
        Assert.Equal(["Kinds"], Faults(Good(mail => mail.Kinds = ["backup.lost"])));
        Assert.Equal(["PasswordFile"], Faults(Good(mail => mail.Username = "backstay")));
        Assert.Equal(["PasswordFile"], Faults(Good(mail => (mail.Username, mail.PasswordFile) = ("backstay", "/nowhere/password"))));
        Assert.Equal(["Security"], Faults(Good(mail => (mail.Username, mail.PasswordFile, mail.Security) = ("b", "/dev/null", MailSecurity.None))));
        Assert.Equal(["Port"], Faults(Good(mail => mail.Port = 0)));
    }

    private static MailOptions Good(Action<MailOptions>? change = null)
    {
        var options = new MailOptions { Host = "mail.example.com", From = "backstay@example.com", To = ["ops@example.com"] };
        change?.Invoke(options);
        return options;
    }

    private static IEnumerable<string> Faults(MailOptions options)
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return faults.SelectMany(fault => fault.MemberNames);
    }
}
