using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Backstay.Archive;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http;

namespace Backstay.Agent.Tests.Drills;

/// <summary>The controller's side of one drill: gives the archive in pieces, and may be made to break off.</summary>
internal sealed class DrillPeer
{
    public const string Passphrase = "correct horse";

    /// <summary>Smaller than any controller's, so that a test has many.</summary>
    private const int Chunk = 100_000;

    public byte[] Archive { get; set; } = [];

    /// <summary>After so many bytes in all the next answer is cut in its middle, once.</summary>
    public int? CutAfter { get; set; }

    /// <summary>The lease is refused with 409: another machine has the drill.</summary>
    public bool Over { get; set; }

    public ConcurrentQueue<string> Doing { get; } = new();

    public DrillReport? Report { get; private set; }

    public DrillAssignment Assignment => new(
        new Guid("11111111-1111-1111-1111-111111111111"),
        1,
        Manifest.BackupId!.Value,
        Manifest.Started,
        Manifest.ApplianceId!.Value,
        Manifest.ApplianceName,
        ["production"],
        ["LogServer"],
        Archive.Length,
        ContentBytes: null,
        LeaseSeconds: 1);

    public static ArchiveManifest Manifest { get; } = new()
    {
        ApplianceId = new Guid("22222222-2222-2222-2222-222222222222"),
        ApplianceName = "gateway-1",
        BackupId = new Guid("33333333-3333-3333-3333-333333333333"),
        AgentVersion = "1.2.3",
        Sections = [ArchiveSection.Config, ArchiveSection.State],
        Started = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
        Hostname = "gateway-1",
    };

    /// <summary>An archive of a folder, sealed to <see cref="Passphrase"/>.</summary>
    public static async Task<byte[]> SealAsync(string folder, ArchiveManifest? manifest = null)
    {
        using var output = new MemoryStream();
        using var key = SessionKey.Generate();
        await using (var writer = ArchiveWriter.Create(
            output, key, Envelope.Wrap(key, [Passphrase], []), manifest ?? Manifest, new ArchiveWriterOptions()))
        {
            await writer.AddTreeAsync(ArchiveSection.Config, folder, PathExcludes.Parse([]), CancellationToken.None);
            await writer.FinishAsync(Manifest.Started, CancellationToken.None);
        }

        return output.ToArray();
    }

    /// <summary>Serves the calls of a drill: for <see cref="TestController.Before"/>.</summary>
    public async Task<bool> ServeAsync(HttpContext context, string path)
    {
        switch (path.Split('/'))
        {
            case ["drills", _, "1", "archive"]:
                await SendAsync(context);
                return true;
            case ["drills", _, "1", "lease"] when Over:
                await TestController.RefuseAsync(context, 409, ErrorIds.AttemptClosed);
                return true;
            case ["drills", _, "1", "lease"]:
                Doing.Enqueue((await JsonSerializer.DeserializeAsync(context.Request.Body, AgentJson.Default.DrillLease))!.Message);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return true;
            case ["drills", _, "1", "result"]:
                Report = await JsonSerializer.DeserializeAsync(context.Request.Body, AgentJson.Default.DrillReport);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return true;
            default:
                return false;
        }
    }

    private async Task SendAsync(HttpContext context)
    {
        var first = (int)context.Request.GetTypedHeaders().Range!.Ranges.Single().From!.Value;
        var piece = Archive.AsMemory(first, Math.Min(Chunk, Archive.Length - first));
        context.Response.StatusCode = StatusCodes.Status206PartialContent;
        context.Response.ContentLength = piece.Length;
        context.Response.Headers.ContentRange = string.Create(
            CultureInfo.InvariantCulture, $"bytes {first}-{first + piece.Length - 1}/{Archive.Length}");
        if (first >= CutAfter)
        {
            CutAfter = null;
            await context.Response.Body.WriteAsync(piece[..(piece.Length / 2)]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(piece);
    }
}
