using System.Security.Cryptography;
using Backstay.Controller.Access;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Controller.Objectives;
using Backstay.Controller.Retention;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>
/// What a catalog needs before its first use: the row of settings, the default retention policy and objective, the first admin, and where <see cref="SetupOptions"/> ask for it
/// a passphrase. Each step looks whether it was done, so a crash between two is repaired by the next start. Of several controllers that
/// start at the same moment one after the other is here (<see cref="CatalogStart"/>), and the first does it.
/// </summary>
internal sealed class FirstStart(
    CatalogContext catalog,
    IOptions<SetupOptions> options,
    DataFolder folder,
    Passwords passwords,
    SecretProtection secrets,
    Passphrases passphrases,
    AuditTrail audit,
    TimeProvider time)
{
    public const string Admin = "admin";
    public const string PasswordFile = "admin-password";
    public const string PassphraseFile = "backup-passphrase";

    /// <summary>
    /// What people can copy by hand and hand to any program: no look-alikes, no sign that a shell or <c>gpg --passphrase</c> takes for
    /// something else. 24 of them are 139 random bits.
    /// </summary>
    private const string Readable = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    public async Task RunAsync(TextWriter console, CancellationToken cancellationToken)
    {
        secrets.MakeKey();
        await MakeSettingsAsync(cancellationToken);
        await DefaultPolicy.MakeAsync(catalog, time.GetUtcNow(), cancellationToken);
        await DefaultObjective.MakeAsync(catalog, time.GetUtcNow(), cancellationToken);
        await MakeAdminAsync(console, cancellationToken);
        await SetPassphraseAsync(console, cancellationToken);
        await passphrases.InForceAsync(cancellationToken); // one from before passphrases had ids gets its id
    }

    private async Task MakeSettingsAsync(CancellationToken cancellationToken)
    {
        if (!await catalog.Settings.AnyAsync(cancellationToken))
        {
            catalog.Settings.Add(new SettingsEntity { CollectiveId = Guid.NewGuid() });
            await catalog.SaveChangesAsync(cancellationToken);
        }
    }

    private async Task MakeAdminAsync(TextWriter console, CancellationToken cancellationToken)
    {
        if (await catalog.LocalUsers.AnyAsync(cancellationToken))
        {
            return;
        }

        var (password, fresh) = await GivenOrKeptAsync(options.Value.AdminPassword, PasswordFile, cancellationToken);
        var now = time.GetUtcNow();
        var role = new AdministrativeRoleEntity
        {
            Id = Guid.CreateVersion7(now),
            Name = "Administrator",
            Notes = "May do everything. Made at first start.",
            Privileges = [new Privilege(PrivilegeType.All, PrivilegeTarget.All, new PrivilegeScope(All: true))],
            Created = now,
            Updated = now,
        };
        catalog.AddRange(role, new LocalUserEntity
        {
            Id = Guid.CreateVersion7(now),
            Name = Admin,
            PasswordHash = await passwords.HashAsync(password, cancellationToken),
            Roles = [role.Id],
            Created = now,
            Updated = now,
        });
        audit.Add("user.create", Admin, "first start", outcome: 0);
        await catalog.SaveChangesAsync(cancellationToken);
        if (fresh)
        {
            await console.WriteLineAsync(
                $"The first user is {Admin} with the password {password} (also in {Path.Combine(folder.Path, PasswordFile)}).");
        }
    }

    private async Task SetPassphraseAsync(TextWriter console, CancellationToken cancellationToken)
    {
        if (options.Value is { EnableBackups: false, BackupPassphrase: "" }
            || await catalog.Settings.AnyAsync(s => s.ProtectedBackupPassphrase != null, cancellationToken)
            || await catalog.BackupKeys.AnyAsync(cancellationToken))
        {
            // Also where somebody has taken the passphrase out, to seal to public keys alone.
            return;
        }

        var (passphrase, fresh) = await GivenOrKeptAsync(options.Value.BackupPassphrase, PassphraseFile, cancellationToken);
        var prepared = await passphrases.PrepareAsync(passphrase, cancellationToken);
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var settings = await catalog.Settings.SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
        if (settings.ProtectedBackupPassphrase is not null)
        {
            return;
        }

        await passphrases.ApplyAsync(settings, prepared, name: null, cancellationToken);
        settings.BackupApiEnabled = options.Value.EnableBackups;
        audit.Add("settings.change", "backupPassphrase", "first start", outcome: 0);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (fresh)
        {
            await console.WriteLineAsync(
                $"Archives are sealed to the passphrase {passphrase} (also in {Path.Combine(folder.Path, PassphraseFile)}). "
                + "Keep a copy elsewhere: without it no archive opens.");
        }
    }

    /// <summary>
    /// What the operator gave; else what a start that crashed half-way has kept; else a random one, kept before it is used. Only a
    /// random one is written to a file.
    /// </summary>
    private async Task<(string Secret, bool Fresh)> GivenOrKeptAsync(string given, string file, CancellationToken cancellationToken)
    {
        if (given is not "")
        {
            return (given, false);
        }

        if (await folder.ReadAsync(file, cancellationToken) is { Length: >= 12 } kept)
        {
            return (kept, false);
        }

        var random = RandomNumberGenerator.GetString(Readable, 24);
        folder.Write(file, random + "\n");
        return (random, true);
    }
}
