using System.Globalization;
using Backstay.Archive;
using Backstay.Bench;

const string Passphrase = "benchmark";
const string Usage = "usage: Backstay.Bench tree FOLDER FILES MEGABYTES | create FOLDER ARCHIVE | verify ARCHIVE | extract ARCHIVE FOLDER | restore ARCHIVE FOLDER";

switch (args)
{
    case ["tree", var folder, var files, var megabytes]:
        MixedTree.Create(folder, int.Parse(files, CultureInfo.InvariantCulture), long.Parse(megabytes, CultureInfo.InvariantCulture) << 20);
        return 0;
    case ["create", var folder, var archive]:
        await CreateAsync(folder, archive);
        return 0;
    case ["verify", var archive]:
        await using (FileStream input = OpenArchive(archive))
            await ArchiveReader.VerifyAsync(input, Unlock.WithPassphrase(Passphrase), new VerifyOptions(), null, default);
        return 0;
    case ["extract", var archive, var folder]:
        await using (FileStream input = OpenArchive(archive))
            await ArchiveReader.ExtractAsync(input, Unlock.WithPassphrase(Passphrase), folder, new ExtractOptions(), null, default);
        return 0;
    case ["restore", var archive, var folder]: // as the command line does where it has nothing to ask: plan and make ready, put in place, write everything out
        await using (FileStream input = OpenArchive(archive))
        {
            var unlock = Unlock.WithPassphrase(Passphrase);
            var options = new RestoreOptions { Target = folder, AsideName = "replaced", MakeReady = true };
            using RestorePlan plan = await ArchiveRestorer.PlanAsync(input, unlock, options, null, default);
            input.Position = 0;
            await ArchiveRestorer.ApplyAsync(input, plan, null, default);
        }
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

// unbuffered: the library reads and writes in large pieces
static FileStream OpenArchive(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

static async Task CreateAsync(string folder, string archive)
{
    DateTimeOffset started = TimeProvider.System.GetUtcNow();
    using var key = SessionKey.Generate();
    byte[] envelope = Envelope.Wrap(key, [Passphrase], []);
    var manifest = new ArchiveManifest
    {
        ApplianceName = "bench",
        AgentVersion = "0",
        Sections = [ArchiveSection.Config],
        Started = started,
        Hostname = Environment.MachineName,
    };
    await using var output = new FileStream(archive, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
    await using var writer = ArchiveWriter.Create(output, key, envelope, manifest, new ArchiveWriterOptions());
    await writer.AddTreeAsync(ArchiveSection.Config, Path.GetFullPath(folder), PathExcludes.None, default);
    await writer.FinishAsync(TimeProvider.System.GetUtcNow(), default);
}
