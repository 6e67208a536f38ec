/// How the page looks: on light and dark screens, narrow and wide ones, and on paper.
enum StyleSheet {
    static var text: String {
        """
        :root{color-scheme:light dark;--paper:#fdfcfa;--ink:#1d2429;--quiet:#5a656d;--line:#dcdcd6;--panel:#f5f3ee;\
        --alert:#a3261b;--alert-paper:#fbeae7;\(Palette.rules(dark: false))}
        @media(prefers-color-scheme:dark){:root{--paper:#14181b;--ink:#e6e8e8;--quiet:#9aa5ac;--line:#30383d;\
        --panel:#1b2124;--alert:#ff9d90;--alert-paper:#3a1d19;\(Palette.rules(dark: true))}}
        \(Palette.classes)
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Helvetica Neue","Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
        main{max-width:1120px;margin:0 auto;padding:clamp(24px,5vw,64px) clamp(16px,4vw,40px)}
        h1{font-weight:600;font-size:clamp(1.5rem,4vw,2.25rem);line-height:1.2;letter-spacing:-.015em;margin:.2em 0 .5em}
        h2{font-weight:600;font-size:1.35rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .35em}
        h3{font-weight:600;font-size:1rem;margin:0}
        p{margin:0 0 .8em;max-width:72ch}
        .kicker{color:var(--quiet);font-size:.85rem;letter-spacing:.04em;margin:0}
        .lead{font-size:clamp(1.05rem,2.2vw,1.25rem);line-height:1.5;max-width:62ch}
        .quiet,figcaption p{color:var(--quiet);font-size:.9rem}
        section{border-top:1px solid var(--line);padding-top:28px;margin-top:44px}
        .alert{background:var(--alert-paper);color:var(--alert);border:0;border-left:4px solid var(--alert);\
        padding:18px 22px;margin:0 0 28px}
        .alert ul,.notes ul{margin:0;padding-left:1.1em}
        .notes{color:var(--quiet);font-size:.9rem;background:var(--panel);border:0;padding:18px 22px;margin-top:28px}
        .notes h2,.alert h2{font-size:1rem}
        .cards{list-style:none;margin:26px 0 0;padding:0;display:grid;gap:14px;\
        grid-template-columns:repeat(auto-fit,minmax(min(100%,190px),1fr))}
        .cards li{background:var(--panel);border-top:3px solid var(--own);border-radius:0 0 4px 4px;padding:14px 18px 16px}
        .cards b{display:block;font-size:1.7rem;font-weight:600;line-height:1.3;letter-spacing:-.02em;\
        font-variant-numeric:tabular-nums}
        .cards .side{font-weight:600;font-size:.9rem}.cards .quiet{font-size:.8rem}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:36px 44px;\
        margin-top:24px}
        .plots>.wide{grid-column:1/-1}
        figure{margin:0;min-width:0;break-inside:avoid}
        figcaption p{margin:.1em 0 .9em}
        svg{display:block;overflow:visible}
        svg text{font-size:13px;fill:var(--ink);font-variant-numeric:tabular-nums}
        svg .label{font-weight:600}svg .label,svg .value,svg .counter{paint-order:stroke;stroke:var(--paper);\
        stroke-width:4px;stroke-linejoin:round}
        svg .counter{font-size:12px;fill:var(--ink)}
        svg .mark{font-size:11.5px;fill:var(--quiet)}
        .axis{stroke:var(--quiet);stroke-width:1}.grid{stroke:var(--line);stroke-width:1}
        .one{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
        .dot{fill:var(--own);fill-opacity:.5}.dot.out{fill:none;stroke:var(--own);stroke-width:1.5}
        .band{fill:var(--own);fill-opacity:.2}.median{stroke:var(--own);stroke-width:2.5}
        .interval{stroke:var(--own);stroke-width:2.5;stroke-linecap:round}.ratio{fill:var(--own)}
        .phase{fill:var(--own);stroke:var(--paper);stroke-width:1}
        .legend{list-style:none;margin:.6em 0 0;padding:0;font-size:.82rem;color:var(--quiet);display:grid;\
        grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));gap:2px 24px}
        .legend b{color:var(--ink);font-weight:600}.legend.short{display:flex;flex-wrap:wrap}
        .swatch{display:inline-block;width:.75em;height:.75em;margin-right:.5em;background:var(--own);border-radius:2px}
        .table{overflow-x:auto;margin-top:14px}
        table{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:tabular-nums;\
        overflow-wrap:normal}thead th{overflow-wrap:anywhere}
        th,td{text-align:right;padding:4px 0 4px 12px;border-bottom:1px solid var(--line);vertical-align:top}
        th:first-child{text-align:left;padding-left:0;font-weight:600}
        thead th{color:var(--quiet);font-weight:400;vertical-align:bottom}
        dl{display:grid;grid-template-columns:minmax(7em,max-content) minmax(0,1fr);gap:6px 24px;margin:0;font-size:.9rem}
        dt{color:var(--quiet)}dd{margin:0}
        dd.code{font:.84rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        @media(max-width:520px){table{font-size:.76rem}th,td{padding-left:8px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}}
        @media(max-width:720px){.many thead{display:none}.many tr,.many th{display:block}.many tr{padding:6px 0}\
        .many td{display:flex;justify-content:space-between;gap:16px;padding:2px 0;border:0}\
        .many td::before{content:attr(data-column);color:var(--quiet);text-align:left}}
        @media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--line:#ccc;--panel:#fff;--alert:#a00;\
        --alert-paper:#fff;\(Palette.rules(dark: false))}main{max-width:none;padding:0}body{font-size:10pt}\
        section{margin-top:24px}.table{overflow:visible}*{print-color-adjust:exact}}
        """
    }
}
