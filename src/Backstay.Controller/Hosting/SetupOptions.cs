using System.ComponentModel.DataAnnotations;
using Backstay.Controller.Access;
using Backstay.Controller.Settings;

namespace Backstay.Controller.Hosting;

/// <summary>What the first start sets up. Later starts change nothing: the catalog has it then.</summary>
internal sealed class SetupOptions : IValidatableObject
{
    public const string Section = "Setup";

    /// <summary>
    /// The password of the first user, <c>admin</c>: 12 to 256 characters, also from <c>BACKSTAY_ADMIN_PASSWORD</c>. Default: a random
    /// one, printed once and kept in <c>admin-password</c> of the data folder.
    /// </summary>
    public string AdminPassword { get; set; } = "";

    /// <summary>The passphrase to seal archives to: 12 to 1,024 characters, also from <c>BACKSTAY_PASSPHRASE</c>. Default: none yet.</summary>
    public string BackupPassphrase { get; set; } = "";

    /// <summary>
    /// Turns the backup API on; without a <see cref="BackupPassphrase"/>, with a random one that is printed once and kept in
    /// <c>backup-passphrase</c> of the data folder. Default: off, until an admin sets a passphrase and turns it on.
    /// </summary>
    public bool EnableBackups { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AdminPassword is not "" && AdminPassword.Length is < Passwords.Shortest or > Passwords.Longest)
        {
            yield return new ValidationResult(
                $"Setup:AdminPassword (BACKSTAY_ADMIN_PASSWORD) must have {Passwords.Shortest} to {Passwords.Longest} characters.");
        }

        if (BackupPassphrase is not "" && !GlobalSettingsApi.IsPassphrase(BackupPassphrase))
        {
            yield return new ValidationResult(
                $"Setup:BackupPassphrase (BACKSTAY_PASSPHRASE) {GlobalSettingsApi.PassphraseRule}.");
        }
    }
}
