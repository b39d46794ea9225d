using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Verification;

/// <summary>How often backups are proven without being asked, and how much of the machine that may take.</summary>
internal sealed class VerificationOptions
{
    public const string Section = "Verification";

    /// <summary>The stored bytes of every backup are read at least every so many days. 0 to 3,660, default 30; 0: only when asked.</summary>
    [Range(0, 3660)]
    public int DigestEveryDays { get; set; } = 30;

    /// <summary>The content of every backup is proven at least every so many days. 0 to 3,660, default 90; 0: only when asked.</summary>
    [Range(0, 3660)]
    public int ContentEveryDays { get; set; } = 90;

    /// <summary>Prove the content of a backup soon after it was made, too. Default false: its stored bytes are proven in any case.</summary>
    public bool ContentAfterBackup { get; set; }

    /// <summary>How many archives this controller reads at a time. 1 to 16, default 1.</summary>
    [Range(1, 16)]
    public int Parallel { get; set; } = 1;

    /// <summary>
    /// Sealed bytes a second for each archive that is read without being asked; what somebody asked for and waits for is read as fast as it
    /// goes. 65,536 to 1 TiB, default 64 MiB.
    /// </summary>
    [Range(64L << 10, 1L << 40)]
    public long BytesPerSecond { get; set; } = 64L << 20;

    /// <summary>
    /// How many days results are kept. The newest of each strength stays as long as its backup does, and so do those that found damage. 1
    /// to 36,500, default 400.
    /// </summary>
    [Range(1, 36_500)]
    public int KeepResultsDays { get; set; } = 400;
}
