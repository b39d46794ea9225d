using System.Text.Json;
using Backstay.Agent.Platform;

namespace Backstay.Agent.Enrolment;

/// <summary>The agent's folder (0700): the credential (0600), the lock of the process that runs, and by default the spool.</summary>
internal sealed class StateFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string CredentialFile => System.IO.Path.Combine(Path, "credential.json");

    public string DefaultSpool => System.IO.Path.Combine(Path, "spool");

    public string DefaultScratch => System.IO.Path.Combine(Path, "drill");

    public bool IsEnrolled => File.Exists(CredentialFile);

    /// <summary>Makes the folder if it isn't there; a folder that exists keeps its mode, which <see cref="Check"/> looks at.</summary>
    public void Create() => Directory.CreateDirectory(Path, OwnerOnlyFolder);

    /// <summary>Keeps other agents away from this folder until it is disposed of, or the process ends.</summary>
    /// <returns>Null if another process has it.</returns>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(Path, "lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException) when (Directory.Exists(Path))
        {
            return null;
        }
    }

    /// <summary>What is wrong with the folder and the credential in it, one sentence each.</summary>
    public IReadOnlyList<string> Check()
    {
        if (!IsEnrolled)
            return [$"This machine is not enrolled: there is no {CredentialFile}. Enrol it: backstay-agent enrol SEED."];

        var problems = new List<string>();
        if ((File.GetUnixFileMode(Path) & Others) != 0)
            problems.Add($"{Path} can be entered by others; it holds a secret. Mend it: chmod 0700 {Path}");
        if ((File.GetUnixFileMode(CredentialFile) & Others) != 0)
            problems.Add($"{CredentialFile} can be read by others. Mend it: chmod 0600 {CredentialFile}, and enrol anew if it was read.");
        return problems;
    }

    /// <exception cref="EnrolmentException">Not enrolled, or a file that can't be read.</exception>
    public async Task<EnrolmentRecord> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(CredentialFile);
            var enrolment = await JsonSerializer.DeserializeAsync(file, EnrolmentJson.Default.EnrolmentRecord, cancellationToken);
            return enrolment is { Format: EnrolmentRecord.CurrentFormat }
                ? enrolment
                : throw new EnrolmentException($"{CredentialFile} is of a format that this agent doesn't know. Enrol again with --force.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new EnrolmentException($"{CredentialFile} can't be read: {e.Message}");
        }
    }

    /// <summary>Whole or not at all: temporary file, fsync, rename, fsync of the folder.</summary>
    public async Task WriteAsync(EnrolmentRecord enrolment, CancellationToken cancellationToken)
    {
        var temporary = $"{CredentialFile}.{Guid.NewGuid():N}";
        try
        {
            await using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }))
            {
                await JsonSerializer.SerializeAsync(file, enrolment, EnrolmentJson.Default.EnrolmentRecord, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, CredentialFile, overwrite: true);
            DirectorySync.Flush(Path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

/// <summary>The enrolment doesn't work, or there is none. The message says what to do.</summary>
internal sealed class EnrolmentException(string message) : Exception(message);
