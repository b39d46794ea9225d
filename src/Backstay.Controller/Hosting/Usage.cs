namespace Backstay.Controller.Hosting;

/// <summary>What <c>--help</c> says of serving, and of the options that every command takes too.</summary>
internal static class Usage
{
    public const string Text =
        """
        The server that appliances are backed up to. Without a command it serves; with one it does that and ends. Commands take the
        same options, so that they find the same catalog and the same store.

          --data DIR          everything it writes (default /var/lib/backstay)
          --listen URLS       addresses, separated by ; (default https://127.0.0.1:8443)
          --public-url URLS   base URLs that agents reach it by; they go into seeds (default: as the seed was asked for)
          --certificate FILE  PEM or PFX to serve (default: one of its own, made at first start)
          --key FILE          the certificate's private key, when it isn't in the same file
          --Setup:EnableBackups=true
                              at first start: set a backup passphrase and turn the backup API on
          --SECTION:NAME=VALUE
                              any other option; also from the environment as SECTION__NAME, or from appsettings.json in the
                              current folder. docs/operations.md lists them, or says which page does.

        At first start the password of the user admin comes from BACKSTAY_ADMIN_PASSWORD, and the backup passphrase from
        BACKSTAY_PASSPHRASE. Without the first, a random password is printed once and kept in admin-password of the data folder.
        Without the second, a random passphrase is made only with --Setup:EnableBackups=true, and kept in backup-passphrase there.
        """;
}
