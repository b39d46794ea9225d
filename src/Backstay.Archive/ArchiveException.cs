namespace Backstay.Archive;

/// <summary>An archive or a key that can't be used. The message says what is wrong and what to do.</summary>
public sealed class ArchiveException : Exception
{
    public ArchiveException(ArchiveFault fault, string message, Exception? inner = null) : base(message, inner) => Fault = fault;

    public ArchiveFault Fault { get; }
}

/// <summary>What is wrong with an archive, its key, or the place it is extracted to.</summary>
public enum ArchiveFault
{
    /// <summary>Nothing that was given opens this archive: another passphrase, another key.</summary>
    WrongKey,

    /// <summary>The bytes are not those that were written.</summary>
    Damaged,

    /// <summary>The end is missing.</summary>
    Truncated,

    /// <summary>Not an OpenPGP message, or nothing of Backstay inside.</summary>
    NotAnArchive,

    /// <summary>Made by a newer Backstay, or with OpenPGP features that it doesn't use.</summary>
    UnsupportedFormat,

    /// <summary>An entry that would be written outside of the target.</summary>
    HostilePath,

    /// <summary>A limit of the options was passed: expanded size, ratio, header size.</summary>
    TooLarge,

    /// <summary>The folder to extract to isn't empty or can't be written.</summary>
    Target,

    /// <summary>An OpenPGP key that can't be read, has expired, or has no usable encryption subkey.</summary>
    UnusableKey,
}
