using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Drill : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "ContentVerified",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "DamageFoundBy",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Drilled",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "DamageRunAsked",
                table: "appliances",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "drill_machines",
                columns: table => new
                {
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CredentialHash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Appliances = table.Column<string>(type: "TEXT", nullable: false),
                    EveryDays = table.Column<int>(type: "INTEGER", nullable: true),
                    MadeBy = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false),
                    NextLook = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_drill_machines", x => x.ApplianceId);
                    table.ForeignKey(
                        name: "FK_drill_machines_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "drills",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupCreated = table.Column<long>(type: "INTEGER", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    RequestedBy = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Started = table.Column<long>(type: "INTEGER", nullable: true),
                    Ended = table.Column<long>(type: "INTEGER", nullable: true),
                    NextTry = table.Column<long>(type: "INTEGER", nullable: false),
                    Attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    MachineId = table.Column<Guid>(type: "TEXT", nullable: true),
                    LeaseUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    Files = table.Column<long>(type: "INTEGER", nullable: true),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: true),
                    Checks = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_drills", x => x.Id);
                    table.ForeignKey(
                        name: "FK_drills_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "verifications",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Strength = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    RequestedBy = table.Column<string>(type: "TEXT", nullable: false),
                    Requested = table.Column<long>(type: "INTEGER", nullable: false),
                    Started = table.Column<long>(type: "INTEGER", nullable: true),
                    Ended = table.Column<long>(type: "INTEGER", nullable: true),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    Files = table.Column<long>(type: "INTEGER", nullable: true),
                    By = table.Column<string>(type: "TEXT", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    ClaimUntil = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_verifications", x => x.Id);
                    table.ForeignKey(
                        name: "FK_verifications_backups_BackupId",
                        column: x => x.BackupId,
                        principalTable: "backups",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "to_verify",
                table: "backups",
                column: "Verified",
                filter: "\"State\" = 2");

            migrationBuilder.CreateIndex(
                name: "to_verify_content",
                table: "backups",
                column: "ContentVerified",
                filter: "\"State\" = 2");

            migrationBuilder.CreateIndex(
                name: "IX_drills_ApplianceId_State_Ended",
                table: "drills",
                columns: new[] { "ApplianceId", "State", "Ended" });

            migrationBuilder.CreateIndex(
                name: "IX_drills_Created",
                table: "drills",
                column: "Created");

            migrationBuilder.CreateIndex(
                name: "one_unfinished_drill_a_backup",
                table: "drills",
                column: "BackupId",
                unique: true,
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "unfinished_drills",
                table: "drills",
                column: "NextTry",
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "IX_verifications_BackupId_Ended",
                table: "verifications",
                columns: new[] { "BackupId", "Ended" });

            migrationBuilder.CreateIndex(
                name: "IX_verifications_Ended",
                table: "verifications",
                column: "Ended");

            migrationBuilder.CreateIndex(
                name: "one_unfinished_verification",
                table: "verifications",
                columns: new[] { "BackupId", "Strength" },
                unique: true,
                filter: "\"State\" < 2");

            migrationBuilder.CreateIndex(
                name: "unfinished_verifications",
                table: "verifications",
                column: "Requested",
                filter: "\"State\" < 2");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "drill_machines");

            migrationBuilder.DropTable(
                name: "drills");

            migrationBuilder.DropTable(
                name: "verifications");

            migrationBuilder.DropIndex(
                name: "to_verify",
                table: "backups");

            migrationBuilder.DropIndex(
                name: "to_verify_content",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "ContentVerified",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "DamageFoundBy",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "Drilled",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "DamageRunAsked",
                table: "appliances");
        }
    }
}
