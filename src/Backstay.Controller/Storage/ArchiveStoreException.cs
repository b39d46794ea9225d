namespace Backstay.Controller.Storage;

/// <summary>What went wrong in a store, by what can be done about it.</summary>
internal enum StoreFault
{
    /// <summary>No room. Everything that was there is as it was; once there is room, the same call works.</summary>
    Full,

    /// <summary>What was asked for isn't there.</summary>
    Missing,

    /// <summary>The store didn't do its work (I/O error, no rights, not reachable). The same call may work later.</summary>
    Unavailable,
}

/// <summary>The only way for a store to fail.</summary>
internal sealed class ArchiveStoreException(StoreFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public StoreFault Fault => fault;
}
